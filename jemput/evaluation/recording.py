"""What was recorded, as typed rows: fill levels, and emptyings.

Foreign ids become ours: lower case, and whatever is outside `[a-z0-9-]` turns into one '-'
(`1354_1` is `1354-1`). A level and an emptying are known by bin and time; the same row again is
counted as a duplicate and dropped, the same bin and time with other numbers is an error.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, Generic, TypeVar

from jemput.csv_rows import BadCellError, Parsed, read_rows
from jemput.ids import is_id

READING_COLUMNS: Final = ("bin", "waste", "at_utc", "fill_percent")
EMPTYING_COLUMNS: Final = (
    "bin",
    "waste",
    "at_utc",
    "previous_at_utc",
    "before_percent",
    "after_percent",
)

_FOREIGN = re.compile(r"[^a-z0-9-]+")
_WHOLE = re.compile(r"[0-9]{1,3}")
_FULL_PERCENT = 100
_LAST_S = 2**32  # the wire's time ends here


@dataclass(frozen=True, slots=True)
class Row:
    """One recorded level: `at_s` in Unix seconds, `fill_percent` 0 to 100."""

    bin: str
    waste: str
    at_s: int
    fill_percent: int


@dataclass(frozen=True, slots=True)
class Emptying:
    """One recorded emptying, between `previous_at_s` and `at_s` (the first low reading)."""

    bin: str
    waste: str
    at_s: int
    previous_at_s: int
    before_percent: float
    after_percent: float


def read_recording(lines: Iterable[str]) -> Parsed[Row]:
    """Read lines of `READING_COLUMNS`. Raises `RowError` for the header only."""
    seen: _Seen[Row] = _Seen()

    def take(cells: Sequence[str]) -> Row | None:
        bin_, waste, at_utc, fill_percent = cells
        at_s, level = _time(at_utc), _whole_percent(fill_percent)
        return seen.unless_known(Row(*seen.names(bin_, waste), at_s, level))

    return read_rows(lines, READING_COLUMNS, take)


def read_emptyings(lines: Iterable[str]) -> Parsed[Emptying]:
    """Read lines of `EMPTYING_COLUMNS`. Raises `RowError` for the header only."""
    seen: _Seen[Emptying] = _Seen()

    def take(cells: Sequence[str]) -> Emptying | None:
        bin_, waste, at_utc, previous_at_utc, before, after = cells
        times, levels = (_time(at_utc), _time(previous_at_utc)), (_percent(before), _percent(after))
        return seen.unless_known(Emptying(*seen.names(bin_, waste), *times, *levels))

    return read_rows(lines, EMPTYING_COLUMNS, take)


_T = TypeVar("_T", Row, Emptying)


class _Seen(Generic[_T]):
    """What earlier rows said, which a later one may repeat but not contradict."""

    def __init__(self) -> None:
        self._names: dict[str, tuple[str, str]] = {}
        self._rows: dict[tuple[str, int], _T] = {}

    def names(self, foreign_bin: str, foreign_waste: str) -> tuple[str, str]:
        """Return our ids of bin and waste."""
        bin_, waste = _own_id("bin", foreign_bin), _own_id("waste", foreign_waste)
        known_bin, known_waste = self._names.setdefault(bin_, (foreign_bin, waste))
        if known_bin != foreign_bin:
            wrong = f"bin {foreign_bin!r} becomes {bin_!r}, as {known_bin!r} did"
            raise BadCellError(wrong, "rename one of the two")
        if known_waste != waste:
            wrong = f"bin {bin_!r} holds {waste!r} here and {known_waste!r} before"
            raise BadCellError(wrong, "give each waste a bin of its own")
        return bin_, waste

    def unless_known(self, row: _T) -> _T | None:
        """Return the row, or None when an earlier one said the same."""
        known = self._rows.setdefault((row.bin, row.at_s), row)
        if known != row:
            wrong = "other numbers than an earlier row of this bin and time"
            raise BadCellError(wrong, "keep the right one of the two")
        return row if known is row else None


def _own_id(kind: str, foreign: str) -> str:
    own = _FOREIGN.sub("-", foreign.lower())
    if not is_id(own):
        raise BadCellError(f"{kind} {foreign!r} is no name", "use 1 to 32 of a-z, 0-9 and '-'")
    return own


def _time(text: str) -> int:
    """Return Unix seconds; a time without an offset is UTC, parts of a second are dropped."""
    try:
        at = datetime.fromisoformat(text)
        at_s = int((at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp())
    except (ValueError, OverflowError) as error:
        remedy = "write it as 2024-04-07 02:35:54, in UTC"
        raise BadCellError(f"{text!r} is not a time", remedy) from error
    if not 0 <= at_s < _LAST_S:
        raise BadCellError(f"{text!r} is outside 1970 to 2106", "correct the year")
    return at_s


def _whole_percent(text: str) -> int:
    if not _WHOLE.fullmatch(text) or int(text) > _FULL_PERCENT:
        remedy = "write a whole percent from 0 to 100, or delete the row"
        raise BadCellError(f"{text!r} is not a level", remedy)
    return int(text)


def _percent(text: str) -> float:
    try:
        percent = float(text)
    except ValueError:
        percent = -1.0
    if not 0 <= percent <= _FULL_PERCENT:
        remedy = "write a percent from 0 to 100, or delete the row"
        raise BadCellError(f"{text!r} is not a level", remedy)
    return percent
