"""The straight path: a bin of which no rule can have anything to say, as nearly always.

What is found plain here is plain to the rules as well (`tests/domain` holds the two together);
the rules see only the others, each in a view of its own.
"""

from collections.abc import Iterable

from jemput.decisions import CloseIncident, Decision, OpenIncident, OpenPickup, Say
from jemput.fold.state import NEVER_MS, BinState, GroupState
from jemput.standing import Standing


def sorted_out(
    state: GroupState, bins: Iterable[str]
) -> tuple[list[tuple[BinState, int]], list[str]]:
    """The plain ones of `bins` with when they are due again, and all others, in order."""
    listening, now_ms = state.listening, state.now_ms
    listened_ms, is_up = listening.listened_ms(now_ms), listening.up
    states, standing_of = state.bins, state.registry.standing_of
    plain: list[tuple[BinState, int]] = []
    others: list[str] = []
    for bin_id in bins:
        bin_state, standing = states[bin_id], standing_of(bin_id)
        left_ms = standing.silence_limit_ms - (listened_ms - bin_state.heard_listened_ms)
        if left_ms > 0 and is_plain(bin_state, standing):
            plain.append((bin_state, now_ms + left_ms if is_up else NEVER_MS))
        else:
            others.append(bin_id)
    others.sort()
    return plain, others


def bins_of(decisions: Iterable[Decision]) -> frozenset[str]:
    """The bins that were decided upon; a site that was is among them by its own id."""
    return frozenset(filter(None, map(_bin_of, decisions)))


def _bin_of(decision: Decision) -> str | None:
    match decision:
        case OpenPickup(pickup):
            return pickup.bin
        case OpenIncident(_, scope) | CloseIncident(_, scope):
            return scope
        case Say():
            return decision.subject.bin if decision.subject is not None else None
        case _:
            return decision.bin


def is_plain(bin_state: BinState, standing: Standing) -> bool:
    """Not called, below the threshold, in use, and well by what its newest reading tells."""
    policy, level = standing.policy, bin_state.level_percent
    if (
        bin_state.pickup is not None
        or bin_state.incidents
        or bin_state.silent
        or standing.is_retired
        or policy.max_age_h is not None
        or not (level is None or level < policy.call_percent)
        or not bin_state.ring
    ):
        return False
    newest = bin_state.ring[-1]
    heat_c, tilt_deg, battery_mv = newest.temperature_c, newest.tilt_deg, newest.battery_mv
    if heat_c is None or tilt_deg is None or battery_mv is None:
        return False  # older ones may tell
    return (
        heat_c < policy.heat_c and tilt_deg < policy.tilt_deg and battery_mv > policy.battery_low_mv
    )
