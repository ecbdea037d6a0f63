"""One bin's recorded levels in the order of time, and the part of them that is scored."""

from collections import defaultdict
from collections.abc import Container, Iterable
from dataclasses import dataclass
from math import floor
from typing import Final

from jemput.evaluation.recording import Row

MONTH_S: Final = 86_400 * 365.25 / 12


@dataclass(frozen=True, slots=True)
class Series:
    """The levels of one bin, oldest first; never empty."""

    bin: str
    waste: str
    at_s: tuple[int, ...]
    fill_percent: tuple[int, ...]

    def test_from_s(self, share: float) -> int:
        """Return when the last `share` of the readings begins (at least one is in it)."""
        in_test = max(1, floor(len(self.at_s) * share))
        return self.at_s[-in_test]

    def test_months(self, share: float) -> float:
        """Return how many months (365.25 / 12 days) the last `share` of the readings spans."""
        return (self.at_s[-1] - self.test_from_s(share)) / MONTH_S


def by_bin(rows: Iterable[Row]) -> dict[str, Series]:
    """Sort rows into the series of each bin."""
    rows_of: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        rows_of[row.bin].append(row)
    return {bin_: _series(rows_) for bin_, rows_ in rows_of.items()}


def _series(rows: list[Row]) -> Series:
    rows.sort(key=lambda row: row.at_s)
    at_s = tuple(row.at_s for row in rows)
    return Series(rows[0].bin, rows[0].waste, at_s, tuple(row.fill_percent for row in rows))


def moments_by_bin(
    kind: str, moments: Iterable[tuple[str, int]], bins: Container[str]
) -> dict[str, list[int]]:
    """Sort (bin, Unix seconds) to their bins; a bin without any has an empty list.

    Raises ValueError for a bin that is not among `bins`; `kind` names what was said of it.
    """
    moments_of: dict[str, list[int]] = defaultdict(list)
    for bin_, at_s in moments:
        if bin_ not in bins:
            hint = "score it against the recording it was made from"
            raise ValueError(f"{kind} of bin {bin_!r}, which was not recorded; {hint}")
        moments_of[bin_].append(at_s)
    return moments_of
