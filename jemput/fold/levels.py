"""A reading becomes a level of its bin."""

import msgspec

from jemput import emptying
from jemput.emptying import Level, Sighting
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
    levels = ring.levels(bin_state, LOOKED_AT)
    _refresh(bin_state, levels, policy, cadence_s)
    level = bin_state.level_percent if is_newest else None
    taken = msgspec.structs.replace(reading, bin=bin_id, fill_percent=fill, level_percent=level)
    if not is_newest or fill is None:
        return taken, None
    seen = emptying.look(levels, policy, cadence_s, bin_state.emptied_at_s)
    return taken, None if seen is None else _note_emptying(state, bin_state, seen)


def _refresh(bin_state: BinState, levels: list[Level], policy: Policy, cadence_s: int) -> None:
    usable = levels[-window(policy, cadence_s) :]
    bin_state.level_percent = level = median([one.fill_percent for one in usable])
    if level is None or level < policy.rearm_percent:
        bin_state.high_since_s = None
        if level is not None:
            acts.lift_below_rearm(bin_state)
    elif level >= policy.call_percent and bin_state.high_since_s is None:
        bin_state.high_since_s = usable[-1].at_s


def _note_emptying(state: GroupState, bin_state: BinState, seen: Sighting) -> Emptying:
    bin_state.emptied_at_s = seen.at_s
    bin_state.seen_emptied_ms = state.now_ms
    return Emptying(bin_state.bin, seen.at_s, seen.before_percent, seen.after_percent)
