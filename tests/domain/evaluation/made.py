"""Recordings made by hand: levels at equal steps from a round hour."""

from collections.abc import Iterable, Sequence

from jemput.evaluation.recording import Emptying, Row

START_S = 1_700_000_000 // 3600 * 3600


def at(hour: float) -> int:
    """Return the Unix seconds of an hour of the recording."""
    return START_S + round(hour * 3600)


def recorded(
    levels: Sequence[int], *, bin_: str = "a", waste: str = "paper", step_h: float = 1
) -> list[Row]:
    """Return one row per level."""
    return [Row(bin_, waste, at(n * step_h), level) for n, level in enumerate(levels)]


def emptied(hours: Iterable[float], *, bin_: str = "a", waste: str = "paper") -> list[Emptying]:
    """Return an emptying from 80 to 5 percent at each hour."""
    return [Emptying(bin_, waste, at(hour), at(hour - 1), 80.0, 5.0) for hour in hours]


def said(hours: Iterable[float], *, bin_: str = "a") -> list[tuple[str, int]]:
    """Return a call, or a detection, at each hour."""
    return [(bin_, at(hour)) for hour in hours]
