"""The examples of the description: what was really sent to an API, and what it answered."""

import json
from pathlib import Path
from typing import Any, Final

FILE: Final = Path(__file__).parent / "examples.json"


def add_examples(document: dict[str, Any]) -> None:
    """Put each operation's own into a description; one that a route has already stays."""
    told: dict[str, Any] = json.loads(FILE.read_text())
    for operations in document["paths"].values():
        for operation in operations.values():
            found = told.get(operation["operationId"], {})
            if "request" in found:
                _show(operation["requestBody"], found["request"])
            for status, said in found.get("answers", {}).items():
                _show(operation["responses"][status], said)


def _show(shape: dict[str, Any], example: object) -> None:
    """The first media type is the one that was asked for."""
    for content in list(shape.get("content", {}).values())[:1]:
        content.setdefault("example", example)
