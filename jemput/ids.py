"""Names of things: sites, haltes, bins, devices, collectors, zones.

One alphabet for all of them, so that an id can stand in a topic, a URL, a file
name and a line of line protocol without escaping.
"""

import re
from typing import Final

ID_PATTERN: Final = r"[a-z0-9-]{1,32}"
_ID = re.compile(ID_PATTERN)


class BadIdError(ValueError):
    """An id outside the alphabet; the message says which and what is allowed."""


def is_id(text: str) -> bool:
    """Whether `text` may name a thing."""
    return _ID.fullmatch(text) is not None


def check_id(kind: str, text: str) -> str:
    """Return `text` when it may name a `kind`, else raise `BadIdError`."""
    if not is_id(text):
        message = f"{kind} {text!r} is not an id: use 1 to 32 of a-z, 0-9 and '-'"
        raise BadIdError(message)
    return text
