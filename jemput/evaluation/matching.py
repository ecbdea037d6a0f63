"""Which moments meet which windows, one moment per window."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Window:
    """Within which time something was expected, once; Unix seconds, both ends included."""

    opens_s: int
    closes_s: int


@dataclass(frozen=True, slots=True)
class Matching:
    """What met what.

    `met_at_s`: per window the moment that met it, or None. `again`: (moment, index of a window)
    where every window around the moment was met before. `stray`: moments outside every window.
    """

    met_at_s: tuple[int | None, ...]
    again: tuple[tuple[int, int], ...]
    stray: tuple[int, ...]


def match(windows: Sequence[Window], moments_s: Iterable[int]) -> Matching:
    """Give each moment, oldest first, the earliest window around it that is still unmet.

    The windows have to be sorted, by opening and by closing.
    """
    met: list[int | None] = [None] * len(windows)
    again: list[tuple[int, int]] = []
    stray: list[int] = []
    first = 0
    for moment_s in sorted(moments_s):
        while first < len(windows) and windows[first].closes_s < moment_s:
            first += 1
        around = _around(windows, first, moment_s)
        unmet = next((index for index in around if met[index] is None), None)
        if unmet is not None:
            met[unmet] = moment_s
        elif around:
            again.append((moment_s, around[0]))
        else:
            stray.append(moment_s)
    return Matching(tuple(met), tuple(again), tuple(stray))


def _around(windows: Sequence[Window], first: int, moment_s: int) -> range:
    last = first
    while last < len(windows) and windows[last].opens_s <= moment_s:
        last += 1
    return range(first, last)
