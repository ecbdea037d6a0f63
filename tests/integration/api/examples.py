"""Asks a real API for the examples of its description: `python -m tests.integration.api.examples`.

They are what was really sent and answered. What is drawn by lot is written as a lasting stand-in.
"""

import json
import re
import sys
import tempfile
from pathlib import Path
from typing import Any, Final

import httpx

from api.examples import FILE
from jemput.reading import Quality, Reading, TimeSource
from jemput.roles import Role
from tests.integration.api.conftest import lively, open_pickup
from tests.integration.api.example_story import Step, story
from tests.integration.api.guarded import PASSWORD, Guarded, guarded
from tests.integration.api.test_openapi import OPERATIONS
from tests.integration.api.town import Town

COMMAND: Final = "python -m tests.integration.api.examples"
METHODS: Final = {one["operationId"]: name.split()[0] for name, one in OPERATIONS.items()}
LOTS: Final = (
    (r'("password": )"[^"]*"', r'\1"Vq3nCkT0yXw6mZrB"'),
    (r'("secret": )"[^"]*"', r'\1"whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD5UJXxJ7zXW0="'),
    (r"-h[0-9a-f]{8}\b", "-h5b1c9d1f"),
    (r"sub-[0-9a-f]{16}", "sub-5b1c9d1f0e8a7c34"),
    (r"ping/[0-9a-f]{16}", "ping/8e03978e40d543e8"),
    (r"http://127.0.0.1:\d+", "https://jemput.example"),
)
NOT_OURS: Final = "python_"
FEW: Final = 3
"""Lines of a text: enough to see what it is."""
Examples = dict[str, dict[str, Any]]


def record(folder: Path) -> Examples:
    """Ask everything of a fresh town; what was sent and answered, by operation and status."""
    town = lively(folder)
    _hear_stranger(town)
    ids = {
        "pickup": open_pickup(town, "pasar-delimas-organic"),
        "unaccepted": open_pickup(town, "stasiun-organic"),
    }
    found: Examples = {}
    with guarded(town) as api:
        keys = {"sri": api.add("sri", Role.OPERATOR), "wati": api.add("wati", Role.COLLECTOR)}
        keys["budi"] = api.add("budi", Role.COLLECTOR, password=PASSWORD)
        for step in story():
            answer = _ask(api, step, keys, ids)
            _keep(found, step, answer)
            if step.status == 201 and step.operation in {"open_pickup", "subscribe"}:
                name = "by_hand" if step.operation == "open_pickup" else "subscription"
                ids[name] = answer.json()["id"]
        lost = Step("is_ready", "/readyz", 503, who=None)
        _lose(town, folder)
        _keep(found, lost, _ask(api, lost, keys, ids))
    return found


def text(found: Examples) -> str:
    """The file as it is committed."""
    return json.dumps(found, indent=1, ensure_ascii=False) + "\n"


def _ask(api: Guarded, step: Step, keys: dict[str, str], ids: dict[str, str]) -> httpx.Response:
    headers = dict(step.headers)
    if step.who is not None:
        headers["Authorization"] = f"Bearer {keys[step.who]}"
    if step.body is not None:
        headers["Content-Type"] = step.media
    content = step.body if isinstance(step.body, str) else json.dumps(step.body)
    answer = api.client.request(
        METHODS[step.operation],
        step.path.format(**ids),
        headers=headers,
        content=content if step.body is not None else None,
    )
    if answer.status_code != step.status:
        raise AssertionError(f"{step.operation} {step.path}: {answer.text}")
    return answer


def _keep(found: Examples, step: Step, answer: httpx.Response) -> None:
    """The first success and the first error of each operation; a request only where it is good."""
    told = found.setdefault(step.operation, {"answers": {}})
    if step.body is not None and answer.is_success:
        told.setdefault("request", step.body)
    told["answers"].setdefault(str(step.status), _lasting(_said(answer)))


def _said(answer: httpx.Response) -> object:
    if not answer.content:
        return None
    if "json" in answer.headers["content-type"]:
        return answer.json()
    lines = [one for one in answer.text.splitlines(keepends=True) if NOT_OURS not in one]
    return "".join(lines[:FEW])


def _lasting(said: object) -> object:
    """Without what is drawn by lot."""
    told = json.dumps(said, ensure_ascii=False)
    for drawn, stands_in in LOTS:
        told = re.sub(drawn, stands_in, told)
    lasting: object = json.loads(told)
    return lasting


def _lose(town: Town, folder: Path) -> None:
    """The database is no more."""
    town.engine.dispose()
    for file in folder.glob("town.db*"):
        file.unlink()


def _hear_stranger(town: Town) -> None:
    """Somebody talks who hangs nowhere."""
    said = Reading(
        device="dev-900",
        boot=1,
        seq=1,
        at_s=town.clock.ms // 1000,
        time_source=TimeSource.DEVICE,
        quality=Quality.OK,
        distance_mm=740,
        echoes=8,
        spread_mm=4,
        temperature_c=31,
        battery_mv=3900,
        rssi_dbm=-71,
        tilt_deg=2,
    )
    town.write(readings=(said,))


def main() -> int:
    """Write the file."""
    with tempfile.TemporaryDirectory() as folder:
        FILE.write_text(text(record(Path(folder))))
    return 0


if __name__ == "__main__":
    sys.exit(main())
