"""A reading becomes a level of its bin."""

import msgspec

from jemput import emptying
from jemput.entry import Emptying
from jemput.filtering import median, window
from jemput.fold import acts, ring
from jemput.fold.state import BinState, GroupState
from jemput.policy import Policy
from jemput.reading import Reading

LOOKED_AT = 7
"""Levels an emptying is seen in; the widest filter takes fewer."""


def take_reading(
    state: GroupState, bin_id: str, reading: Reading
) -> tuple[Reading, Emptying | None]:
    """Put a reading of a known bin in its place; return it with levels, and an emptying seen."""
    cadence_s = state.registry.bins[bin_id].cadence_s
    policy = state.registry.policy_of(bin_id)
    bin_state = state.bins[bin_id]
    fill = ring.raw_level(reading, state.registry.geometry_of(bin_id, reading.at_s))
    is_newest = ring.insert(bin_state, ring.sample_of(reading, fill))
    bin_state.heard_listened_ms = state.listening.listened_ms(state.now_ms)
    if bin_state.first_at_s is None or reading.at_s < bin_state.first_at_s:
        bin_state.first_at_s = reading.at_s
    span = window(policy, cadence_s)
    _refresh(bin_state, span, policy)
    sighting = None
    if is_newest and fill is not None and fill <= emptying.MOST_RESIDUE:
        levels = ring.levels(bin_state, LOOKED_AT)
        sighting = emptying.look(levels, policy, cadence_s, bin_state.emptied_at_s)
    if sighting is not None:
        bin_state.emptied_at_s = sighting.at_s
        bin_state.sighted_ms = state.now_ms
    if bin_state.sighted_ms is not None:
        _follow(bin_state, span, policy)
    level = bin_state.level_percent if is_newest else None
    taken = msgspec.structs.replace(reading, bin=bin_id, fill_percent=fill, level_percent=level)
    return taken, None if sighting is None else Emptying(bin_id, *sighting)


def _refresh(bin_state: BinState, span: int, policy: Policy) -> None:
    bin_state.level_percent = level = median(ring.fills(bin_state, span))
    if level is None or level < policy.rearm_percent:
        bin_state.high_since_s = None
        if level is not None:
            acts.lift_below_rearm(bin_state)
    elif level >= policy.call_percent and bin_state.high_since_s is None:
        bin_state.high_since_s = ring.levels(bin_state, 1)[0].at_s


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
