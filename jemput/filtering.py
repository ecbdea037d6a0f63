"""The filtered level: the median of the last few raw ones, and how many that is.

Rules look only at this. Hysteresis on raw readings lets one ghost echo latch the
alert, so that the true fill is then missed; a median first does not.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from jemput.policy import Policy

WIDEST: Final = 7
_DAY_S: Final = 86_400


def window(policy: Policy, cadence_s: int) -> int:
    """How many readings the median spans, 3, 5 or 7: the widest that the fill speed allows.

    A median of k lags (k - 1) / 2 readings, and meanwhile the bin goes on filling: at most
    `filter_lag_percent` of it. The cadence is the nominal one; sensors that report more
    often around changes would otherwise widen it just when the bin is moving.
    Never 1, which would latch on a single spike. `jemput evaluate` measures the choice.
    """
    return _window(policy.filter_lag_percent, policy.fill_permille_per_day, cadence_s)


@lru_cache  # asked for every reading, and a town has a few of them
def _window(lag_percent: int, fill_permille_per_day: int, cadence_s: int) -> int:
    lag_readings = lag_percent * 10 * _DAY_S // (cadence_s * fill_permille_per_day)
    return 2 * min(max(lag_readings, 1), WIDEST // 2) + 1


def median(levels: Sequence[int]) -> int | None:
    """The middle level; of two middle ones the upper, None of none."""
    return sorted(levels)[len(levels) // 2] if levels else None
