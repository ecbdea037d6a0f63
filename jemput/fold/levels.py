"""A reading becomes a level of its bin."""

from collections.abc import Sequence

from jemput import emptying
from jemput.entry import Emptying
from jemput.filtering import median
from jemput.fold import acts, ring
from jemput.fold.state import BinState, GroupState, Sample
from jemput.policy import Policy
from jemput.reading import Reading
from jemput.standing import Standing

LOOKED_AT = 7
"""Levels an emptying is seen in; the widest filter takes fewer."""


def take_reading(
    state: GroupState, bin_id: str, reading: Reading
) -> tuple[Reading, Emptying | None]:
    """Put a reading of a known bin in its place; return it with levels, and an emptying seen."""
    standing, bin_state = state.registry.standing_of(bin_id), state.bins[bin_id]
    policy, span = standing.policy, standing.span
    fill = ring.raw_level(reading, state.registry.geometry_of(bin_id, reading.at_s))
    is_newest = ring.insert(bin_state, ring.sample_of(reading, fill))
    if bin_state.first_at_s is None or reading.at_s < bin_state.first_at_s:
        bin_state.first_at_s = reading.at_s
    _refresh(bin_state, span, policy)
    sighting = _look(bin_state, standing, fill) if is_newest and fill is not None else None
    if sighting is not None:
        bin_state.emptied_at_s = sighting.at_s
        bin_state.sighted_ms = state.now_ms
    if bin_state.sighted_ms is not None:
        _follow(bin_state, span, policy)
    level = bin_state.level_percent if is_newest else None
    taken = reading.with_levels(bin_id, fill, level)
    return taken, None if sighting is None else Emptying(bin_id, *sighting)


def _refresh(bin_state: BinState, span: int, policy: Policy) -> None:
    bin_state.level_percent = level = median(ring.fills(bin_state, span))
    if level is None or level < policy.rearm_percent:
        bin_state.high_since_s = None
        if level is not None and bin_state.hold is not None:
            acts.lift_below_rearm(bin_state)
    elif level >= policy.call_percent and bin_state.high_since_s is None:
        bin_state.high_since_s = ring.levels(bin_state, 1)[0].at_s


def _look(bin_state: BinState, standing: Standing, fill: int) -> emptying.Sighting | None:
    """Whether this newest level shows an emptying; nearly always one step back says no."""
    if fill > emptying.MOST_RESIDUE or not _may_be_step(bin_state.ring, standing.emptied, fill):
        return None
    levels, cadence_s = ring.levels(bin_state, LOOKED_AT), standing.bin.cadence_s
    return emptying.look(levels, standing.policy, cadence_s, bin_state.emptied_at_s)


def _may_be_step(samples: Sequence[Sample], step: emptying.Step, fill: int) -> bool:
    if len(samples) <= step.confirmed_by:
        return False
    before = samples[-1 - step.confirmed_by].fill_percent
    if before is None or samples[-2].fill_percent is None:
        return True  # the one before a fault has to tell
    return 2 * (before - fill) >= step.drop


def _follow(bin_state: BinState, span: int, policy: Policy) -> None:
    """An emptying was sighted: the level follows, or is high without looking back any more."""
    level = bin_state.level_percent
    if level is None:
        return
    if level < policy.rearm_percent:
        bin_state.seen_emptied_ms = bin_state.sighted_ms
        bin_state.sighted_ms = None
    elif ring.levels(bin_state, span)[0].at_s >= (bin_state.emptied_at_s or 0):
        bin_state.sighted_ms = None
