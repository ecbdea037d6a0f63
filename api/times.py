"""Times and spans as people write them in a query."""

import re
from datetime import datetime
from typing import Final

LATEST_S: Final = 253_402_300_800
"""The year 10000: a number above is milliseconds, or a slip."""
SECONDS: Final = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
_SPACE_FOR_PLUS = re.compile(r" (?=[0-9]{2}:?[0-9]{2}$)")
_EVERY = re.compile(r"([0-9]{1,6})([smhd])")


def parse_time(text: str) -> int:
    """Unix seconds of `text`: Unix seconds, or ISO 8601 with an offset. Raises `ValueError`."""
    if text.isascii() and text.isdigit():
        if int(text) >= LATEST_S:
            raise ValueError(f"{text} is past the year 9999: give Unix seconds, not milliseconds")
        return int(text)
    try:
        # In a query, a '+' that was not escaped arrives as a space.
        parsed = datetime.fromisoformat(_SPACE_FOR_PLUS.sub("+", text))
    except ValueError:
        message = f"{text!r} is no time: write 2026-03-01T08:00:00+07:00 or Unix seconds"
        raise ValueError(message) from None
    if parsed.tzinfo is None:
        raise ValueError(f"{text!r} has no offset: add +07:00 (WIB) or Z (UTC)")
    return max(0, int(parsed.timestamp()))


def parse_every(text: str) -> int:
    """Seconds of a span such as 30s, 15m, 1h or 7d. Raises `ValueError`."""
    found = _EVERY.fullmatch(text)
    seconds = int(found[1]) * SECONDS[found[2]] if found else 0
    if seconds < 1:
        raise ValueError(f"{text!r} is no span: write a number and s, m, h or d, such as 15m")
    return seconds
