"""Writes api/openapi.json, or compares it: `python -m api.openapi [--check]`."""

import json
import sys
from pathlib import Path
from typing import Final

from api.app import routes_only
from api.description import describe

FILE: Final = Path(__file__).parent / "openapi.json"
COMMAND: Final = "python -m api.openapi"


def text() -> str:
    """The document as it is committed."""
    return json.dumps(describe(routes_only()), indent=1, ensure_ascii=False) + "\n"


def main(arguments: list[str]) -> int:
    """Write the file; with `--check`, only say whether it is stale. Returns the exit status."""
    if arguments == ["--check"]:
        if FILE.exists() and FILE.read_text() == text():
            return 0
        sys.stderr.write(f"{FILE.name} is stale: run {COMMAND}\n")
        return 1
    FILE.write_text(text())
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
