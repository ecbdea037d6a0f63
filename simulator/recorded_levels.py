"""Rows of a recording, cell by cell: what is wrong with one, and what to do about it."""

import csv
import re
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import NamedTuple

COLUMNS = ("bin", "waste", "at_utc", "fill_percent")
_FOREIGN = re.compile(r"[^a-z0-9-]+")
_BIN = re.compile(r"[a-z0-9-]{1,30}")
_WASTE = re.compile(r"[a-z0-9-]{1,32}")
_PERCENT = re.compile(r"[0-9]{1,3}")
_WIRE_TIME_ENDS_S, _FULL_PERCENT = 2**32, 100


class RecordingError(ValueError):
    """A file that is no recording at all; the message says what to do."""


class BadRow(NamedTuple):
    """A row that cannot be used: its number (the header is 1), why, and what to do."""

    row: int
    why: str


@dataclass(slots=True)
class RecordedLevels:
    """Levels by bin and time. `repeated` rows said what an earlier one had said already."""

    by_bin: dict[str, dict[int, int]] = field(default_factory=lambda: defaultdict(dict))
    wastes: dict[str, str] = field(default_factory=dict)
    bad: list[BadRow] = field(default_factory=list)
    repeated: int = 0
    _foreign: dict[str, str] = field(default_factory=dict)

    def take(self, bin_: str, waste: str, at_utc: str, fill_percent: str) -> None:
        """One row. Raises `ValueError` saying what is wrong with it."""
        at_s, percent = _at_s(at_utc), _percent(fill_percent)
        levels = self.by_bin[self._bin(bin_, _waste(waste))]
        if at_s not in levels:
            levels[at_s] = percent
        elif levels[at_s] == percent:
            self.repeated += 1
        else:
            raise ValueError(f"an earlier row of this bin and time says {levels[at_s]}: keep one")

    def _bin(self, foreign: str, waste: str) -> str:
        bin_ = _FOREIGN.sub("-", foreign.lower())
        if _BIN.fullmatch(bin_) is None:
            raise ValueError(f"bin {foreign!r} is no name: use 1 to 30 of a-z, 0-9 and '-'")
        known = self._foreign.setdefault(bin_, foreign)
        if known != foreign:
            raise ValueError(f"bin {foreign!r} becomes {bin_!r}, as {known!r} did: rename one")
        if self.wastes.setdefault(bin_, waste) != waste:
            raise ValueError(f"bin {foreign!r} held {self.wastes[bin_]!r} before: rename one")
        return bin_


def read_levels(text: str) -> RecordedLevels:
    """All rows of a CSV text, one a line. Raises `RecordingError` for the header only."""
    table = csv.reader(text.splitlines())
    places = _places(next(table, []))
    levels = RecordedLevels()
    for cells in table:
        if not cells:
            continue
        try:
            levels.take(*_cells(cells, places))
        except ValueError as error:
            levels.bad.append(BadRow(table.line_num, str(error)))
    return levels


def _places(header: list[str]) -> list[int]:
    missing = [column for column in COLUMNS if column not in header]
    if missing:
        wanted = ",".join(COLUMNS)
        raise RecordingError(f"row 1: no column {missing[0]!r}: let the first row be {wanted}")
    return [header.index(column) for column in COLUMNS]


def _cells(cells: list[str], places: list[int]) -> list[str]:
    if len(cells) <= max(places):
        raise ValueError("fewer fields than the first row: complete the row, or delete it")
    return [cells[place].strip() for place in places]


def _at_s(text: str) -> int:
    """Unix seconds; a time without an offset is UTC."""
    try:
        at = datetime.fromisoformat(text)
        at_s = int((at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp())
    except (ValueError, OverflowError) as error:
        raise ValueError(f"{text!r} is no time: write it as 2024-04-07 02:35:54, in UTC") from error
    if not 0 < at_s < _WIRE_TIME_ENDS_S:
        raise ValueError(f"{text!r} lies outside 1970 to 2106: correct the year")
    return at_s


def _percent(text: str) -> int:
    if _PERCENT.fullmatch(text) is None or int(text) > _FULL_PERCENT:
        raise ValueError(f"{text!r} is no level: write a whole percent from 0 to 100")
    return int(text)


def _waste(foreign: str) -> str:
    waste = _FOREIGN.sub("-", foreign.lower())
    if _WASTE.fullmatch(waste) is None:
        raise ValueError(f"waste {foreign!r} is no name: use 1 to 32 of a-z, 0-9 and '-'")
    return waste
