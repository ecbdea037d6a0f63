"""Lengths of time as people write them."""

import re
from typing import Final

import typer

UNITS_S: Final = {"s": 1, "m": 60, "h": 3600, "d": 86_400}


def length_s(text: str) -> float:
    """Read `60s`, `5m`, `1h` or `7d`."""
    found = re.fullmatch(r"(\d+(?:\.\d+)?)([smhd])", text)
    if found is None:
        raise typer.BadParameter(f"{text!r} is no length of time: write 60s, 5m, 1h or 7d")
    return float(found[1]) * UNITS_S[found[2]]
