"""Simple causal rules whose scores are known from an independent computation.

They exist to hold the scores, not to call a truck: the one rule that does lives in the fold.
"""

from collections import deque
from collections.abc import Iterable, Iterator
from statistics import median_high

from jemput.evaluation.recording import Row
from jemput.evaluation.series import Series, by_bin

Moments = list[tuple[str, int]]


def calls(rows: Iterable[Row], *, theta: int = 75, rearm: int = 55, span: int = 1) -> Moments:
    """Call when the median of the last `span` levels reaches `theta`; again once below `rearm`."""
    return [
        (series.bin, at_s)
        for series in by_bin(rows).values()
        for at_s in _calls(series, theta, rearm, span)
    ]


def _calls(series: Series, theta: int, rearm: int, span: int) -> Iterator[int]:
    last: deque[int] = deque(maxlen=span)
    called = False
    for at_s, fill_percent in zip(series.at_s, series.fill_percent, strict=True):
        last.append(fill_percent)
        level = median_high(last)
        if level < rearm:
            called = False
        elif level >= theta and not called:
            called = True
            yield at_s


def drops(rows: Iterable[Row], points: int) -> Moments:
    """Detect an emptying wherever a level is `points` below the one before it."""
    return [
        (series.bin, at_s)
        for series in by_bin(rows).values()
        for at_s, before, after in zip(
            series.at_s[1:], series.fill_percent, series.fill_percent[1:], strict=False
        )
        if before - after >= points
    ]
