"""What schemathesis cannot know of the API: keys that are new, and ids that there are."""

import json
import os
import re
import sys
import time
from hashlib import blake2b
from typing import Any, Final
from uuid import uuid4

import schemathesis

from api.idempotency import HEADER, PATTERN
from jemput.ids import ID_PATTERN

IDS: Final = "JEMPUT_FUZZ_IDS"
ASKED: Final = "asked "
EVERY_S: Final = 10.0
_ids: Final[dict[str, list[str]]] = json.loads(os.environ.get(IDS, "{}"))
_asked = {"times": 0, "told_s": time.monotonic()}


@schemathesis.hook
def before_call(
    _context: schemathesis.HookContext, case: schemathesis.Case[Any], _kwargs: dict[str, object]
) -> None:
    """Put a fresh key where a good one is; bad ones stay, to be refused."""
    _tell()
    headers = case.headers
    if headers and re.fullmatch(PATTERN, str(headers.get(HEADER, ""))):
        headers[HEADER] = str(uuid4())


@schemathesis.hook
def map_path_parameters(
    _context: schemathesis.HookContext, path_parameters: dict[str, Any] | None
) -> dict[str, Any] | None:
    """Ask about what there is, three times of four."""
    return _with_known(path_parameters, "_id")


@schemathesis.hook
def map_body(_context: schemathesis.HookContext, body: Any) -> Any:  # noqa: ANN401 - of any shape
    """Name what there is, three times of four: `bin`, `halte`, `site`."""
    return _with_known(body, "") if isinstance(body, dict) else body


def _with_known(members: dict[str, Any] | None, suffix: str) -> dict[str, Any] | None:
    for name, told in (members or {}).items():
        known = _ids.get(name.removesuffix(suffix), [])
        is_id = isinstance(told, str) and re.fullmatch(ID_PATTERN, told)
        if members is not None and known and (suffix or is_id):
            draw = blake2b(str(told).encode(), digest_size=2).digest()
            if draw[0] % 4:
                members[name] = known[draw[1] % len(known)]
    return members


def _tell() -> None:
    """Say now and then how many were asked."""
    _asked["times"] += 1
    if time.monotonic() - _asked["told_s"] >= EVERY_S:
        _asked["told_s"] = time.monotonic()
        sys.stderr.write(f"{ASKED}{_asked['times']:.0f}\n")
        sys.stderr.flush()
