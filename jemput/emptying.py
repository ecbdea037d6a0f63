"""Seeing in the levels that a bin was emptied."""

from collections.abc import Sequence
from typing import Final, NamedTuple

from jemput.filtering import window
from jemput.policy import Policy

_DAY_S: Final = 86_400
LOOK_BACK: Final = 5
MOST_RESIDUE: Final = 45
APART_S: Final = 6 * 3600
"""Two emptyings of a bin are at least this far apart."""


class Level(NamedTuple):
    """A raw level and its time."""

    at_s: int
    fill_percent: int


class Sighting(NamedTuple):
    """An emptying as the levels show it; `at_s` is the first low reading."""

    at_s: int
    before_percent: int
    after_percent: int


class Step(NamedTuple):
    """The step down that `look` asks for: by how many points, and how many readings are low."""

    drop: int
    confirmed_by: int


def step_of(policy: Policy, cadence_s: int) -> Step:
    """The step of a bin of that policy."""
    confirmed_by = 1 if window(policy, cadence_s) == 3 else 2  # noqa: PLR2004 - fast bins
    return Step(limits(policy, cadence_s)[0], confirmed_by)


def look(
    levels: Sequence[Level], policy: Policy, cadence_s: int, last_at_s: int | None
) -> Sighting | None:
    """Whether the newest of `levels` (in event time) shows that the bin was emptied.

    The level must fall by more than noise and a few cadences of settling, to no more
    than a residue and what may have been thrown in since; and the step must be here,
    not earlier. A slow bin waits for a second low reading, so that one echo from
    nowhere empties nothing. Limits were chosen on public containers of paper, plastic
    and glass; `jemput evaluate` scores them.
    """
    drop, confirmed_by = step_of(policy, cadence_s)
    if len(levels) <= confirmed_by:
        return None
    low = levels[-confirmed_by:]
    after = max(one.fill_percent for one in low)
    if after > MOST_RESIDUE:
        return None
    high = [one.fill_percent for one in levels[:-confirmed_by][-LOOK_BACK:]]
    before = sorted(high)[len(high) // 2]
    if last_at_s is not None and low[0].at_s - last_at_s < APART_S:
        return None
    _, residue = limits(policy, cadence_s)
    step_is_here = 2 * (high[-1] - after) >= drop
    if after <= residue and before - after >= drop and step_is_here:
        return Sighting(low[0].at_s, before, after)
    return None


def newest(levels: Sequence[Level], policy: Policy, cadence_s: int) -> Sighting | None:
    """The last emptying that `levels` show, whenever they came."""
    for end in range(len(levels), 1, -1):
        seen = look(levels[:end], policy, cadence_s, None)
        if seen is not None:
            return seen
    return None


def limits(policy: Policy, cadence_s: int) -> tuple[int, int]:
    """By how many points a level must fall, and to how many at most."""
    permille_a_cadence = cadence_s * policy.fill_permille_per_day // _DAY_S
    drop = min(30, (110 + 3 * permille_a_cadence) // 10)
    residue = min(MOST_RESIDUE, (150 + 5 * permille_a_cadence) // 10)
    return drop, residue
