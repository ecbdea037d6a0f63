"""When a bin was truly full, told afterwards: what a call is scored against.

The truth may look ahead, a rule may not. Each level is replaced by the median of those around
it (`widths` per waste: slow bins are smoothed more, since a spike lasts longer there than filling
would). An *episode* begins with the first of two successive medians at or above `theta`, and ends
with the first below `rearm`, or with the recording.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median

from jemput.evaluation.series import Series


@dataclass(frozen=True, slots=True)
class TruthSettings:
    """The numbers of the definitions: percent for levels, `_h` for hours.

    `theta`, `rearm`, `widths` and `default_width` (readings, odd) say what an episode is. A call
    belongs to an episode from `lead_h` before its start until its end. A detection belongs to an
    emptying from `early_h` before it to `late_h` after it, and counts once in `apart_h`. Scored is
    what lies in the last `test_share` of each bin's readings; the rest is for choosing parameters.
    """

    theta: int = 75
    rearm: int = 55
    widths: Mapping[str, int] = field(
        default_factory=lambda: {"paper": 3, "plastic": 5, "glass": 7}
    )
    default_width: int = 5
    lead_h: float = 3
    test_share: float = 0.4
    early_h: float = 1
    late_h: float = 8
    apart_h: float = 6

    def __post_init__(self) -> None:
        """Refuse numbers that define nothing."""
        if not self.rearm < self.theta:
            raise ValueError(f"rearm {self.rearm} has to be below theta {self.theta}")
        if not 0 < self.test_share <= 1:
            raise ValueError(f"test_share {self.test_share} has to be above 0 and at most 1")
        for width in (*self.widths.values(), self.default_width):
            if width < 1 or width % 2 == 0:
                raise ValueError(f"a centred median needs an odd width, not {width}")


@dataclass(frozen=True, slots=True)
class Episode:
    """One time of being full, in Unix seconds; both ends belong to it."""

    start_s: int
    end_s: int


def episodes(series: Series, settings: TruthSettings) -> tuple[Episode, ...]:
    """Return when the bin was full, oldest first."""
    width = settings.widths.get(series.waste, settings.default_width)
    medians = centred_medians(series.fill_percent, width)
    found = []
    start_s: int | None = None
    for at_s, now, after in zip(series.at_s, medians, (*medians[1:], 0.0), strict=True):
        if start_s is None and min(now, after) >= settings.theta:
            start_s = at_s
        elif start_s is not None and now < settings.rearm:
            found.append(Episode(start_s, at_s))
            start_s = None
    if start_s is not None:
        found.append(Episode(start_s, series.at_s[-1]))
    return tuple(found)


def centred_medians(levels: Sequence[int], width: int) -> list[float]:
    """Return the median of the `width` levels around each; at both ends of those there are."""
    half = width // 2
    return [median(levels[max(0, i - half) : i + half + 1]) for i in range(len(levels))]
