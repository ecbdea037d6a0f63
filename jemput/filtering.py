"""The filtered level: the median of the last few raw ones, and how many that is.

Rules look only at this. Hysteresis on raw readings lets one ghost echo latch the
alert, so that the true fill is then missed; a median first does not.
"""

from collections.abc import Sequence
from typing import Final

from jemput.policy import Policy

WINDOWS: Final = (7, 5, 3, 1)
_DAY_S: Final = 86_400


def window(policy: Policy, cadence_s: int) -> int:
    """How many readings the median spans: the widest whose lag the bin's fill speed allows.

    A median of k lags (k - 1) / 2 readings. While it lags the bin goes on filling; the
    window is the widest that costs at most `filter_lag_percent` of fill.
    """
    for size in WINDOWS:
        lag_s = (size - 1) // 2 * cadence_s
        if lag_s * policy.percent_per_day <= policy.filter_lag_percent * _DAY_S:
            return size
    return 1


def median(levels: Sequence[int]) -> int | None:
    """The middle level; of two middle ones the lower, None of none."""
    return sorted(levels)[(len(levels) - 1) // 2] if levels else None
