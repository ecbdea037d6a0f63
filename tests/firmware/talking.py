"""Lets the firmware's client, on MicroPython, talk to a broker on this machine."""

import json
from typing import Any, Final

from tests.firmware import interpreter
from tests.shape.tree import ROOT

SCRIPT: Final = ROOT / "tests/firmware/desk/mqtt_talk.py"
DEFAULTS: Final[dict[str, Any]] = {
    "user": "bin-7",
    "password": "secret",
    "will": "jemput/v1/s/bin-7/status",
    "topics": ["jemput/v1/s/bin-7/ack", "jemput/v1/s/bin-7/config"],
    "publish": [["jemput/v1/s/bin-7/reading", 300]],
    "budget_ms": 30_000,
    "answer_ms": 10_000,
}


def talk_to(
    port: int,
    heap: str = interpreter.HEAP,
    **told: Any,  # noqa: ANN401 - fields of DEFAULTS
) -> dict[str, Any]:
    """What the client heard and how it ended."""
    stdin = json.dumps({**DEFAULTS, "port": port, **told})
    answer: dict[str, Any] = json.loads(interpreter.said(SCRIPT, heap=heap, stdin=stdin))
    return answer
