"""A reading becomes a level of its bin."""

import msgspec

from jemput.emptying import emptied
from jemput.entry import Emptying
from jemput.filtering import median, window
from jemput.fold import acts, ring
from jemput.fold.state import BinState, GroupState
from jemput.policy import Policy
from jemput.reading import Reading


def take_reading(
    state: GroupState, bin_id: str, reading: Reading
) -> tuple[Reading, Emptying | None]:
    """Put a reading of a known bin in its place; return it with levels, and an emptying seen."""
    a_bin = state.registry.bins[bin_id]
    policy = state.registry.policy_of(bin_id)
    bin_state = state.bins[bin_id]
    fill = ring.raw_level(reading, state.registry.geometry_of(bin_id, reading.at_s))
    before = ring.levels(bin_state, 1)
    is_newest = ring.insert(bin_state, ring.sample_of(reading, fill))
    bin_state.heard_listened_ms = state.listening.listened_ms(state.now_ms)
    if bin_state.first_at_s is None or reading.at_s < bin_state.first_at_s:
        bin_state.first_at_s = reading.at_s
    _refresh(bin_state, policy, a_bin.cadence_s)
    emptying = None
    if is_newest and fill is not None and emptied(before, fill):
        emptying = Emptying(bin_id, reading.at_s, before[-1], fill)
        bin_state.emptied_at_s = reading.at_s
        bin_state.seen_emptied_ms = state.now_ms
    level = bin_state.level_percent if is_newest else None
    return (
        msgspec.structs.replace(reading, bin=bin_id, fill_percent=fill, level_percent=level),
        emptying,
    )


def _refresh(bin_state: BinState, policy: Policy, cadence_s: int) -> None:
    span = window(policy, cadence_s)
    bin_state.level_percent = median(ring.levels(bin_state, span))
    level = bin_state.level_percent
    if level is None or level < policy.rearm_percent:
        bin_state.high_since_s = None
        if level is not None:
            acts.lift_below_rearm(bin_state)
    elif level >= policy.call_percent and bin_state.high_since_s is None:
        newest = bin_state.newest
        bin_state.high_since_s = newest.at_s if newest else None
