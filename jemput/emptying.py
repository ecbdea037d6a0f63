"""Seeing in the levels that a bin was emptied."""

from collections.abc import Sequence
from typing import Final

DROP_PERCENT: Final = 30
LOW_PERCENT: Final = 25


def emptied(before_percent: Sequence[int], after_percent: int) -> bool:
    """Whether a level after the given ones means that the bin was emptied."""
    return bool(before_percent) and (
        before_percent[-1] - after_percent >= DROP_PERCENT and after_percent <= LOW_PERCENT
    )
