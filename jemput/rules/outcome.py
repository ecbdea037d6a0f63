"""What became of a call: seen in the levels, or not seen in time."""

from collections.abc import Iterator
from typing import Final

from jemput.decisions import AlertKind, Decision, FlagPickup, MovePickup
from jemput.pickup import CLAIMED, UNCLAIMED, Flag, Pickup, State
from jemput.rules.view import HOUR_MS, View

_TOLD_WHEN_OVERDUE: Final = {
    State.ACCEPTED: (Flag.ACCEPTED_NOT_COLLECTED, AlertKind.ACCEPTED_NOT_COLLECTED),
    State.COLLECTED: (Flag.CLAIMED_NOT_SEEN, AlertKind.CLAIMED_NOT_SEEN),
}


def is_waiting(view: View) -> bool:
    """Whether neither these rules nor those of calling can have anything to say: a shortcut.

    Somebody was called and may still accept, and the bin is not seen to be empty.
    """
    state, pickup = view.bin_state, view.bin_state.pickup
    return (
        pickup is not None
        and pickup.state in UNCLAIMED
        and state.announced
        and state.level_percent is not None
        and state.level_percent >= view.policy.rearm_percent
        and view.now_ms < expiry_ms(view, pickup)
        and not view.state.registry.retired
    )


def level_fell(view: View) -> Iterator[Decision]:
    """The level is below re-arm again: a claimed pickup is verified, an unclaimed one withdrawn."""
    pickup, level = view.bin_state.pickup, view.bin_state.level_percent
    if pickup is None or not view.has_fresh_level:
        return
    was_emptied = view.bin_state.seen_emptied_ms is not None
    is_low = level is not None and level < view.policy.rearm_percent
    is_low = is_low and (was_emptied or _was_high(pickup))
    if pickup.state in UNCLAIMED:
        if is_low:
            yield from _gone_unclaimed(view, pickup, was_emptied=was_emptied)
    elif pickup.state is State.COLLECTED and (is_low or was_emptied):
        yield MovePickup(view.bin.id, pickup.id, State.VERIFIED, "the level dropped")


def unclaimed_end(view: View) -> Iterator[Decision]:
    """Nobody accepted in time: the pickup expires and the operator is told."""
    pickup = view.bin_state.pickup
    if pickup is None or pickup.state not in UNCLAIMED or not view.time_rules:
        return
    if view.now_ms >= expiry_ms(view, pickup):
        note = f"nobody accepted within {view.policy.expire_after_h} h"
        yield MovePickup(view.bin.id, pickup.id, State.EXPIRED, note)
        yield view.tell_operator(pickup, AlertKind.EXPIRED)


def overdue(view: View) -> Iterator[Decision]:
    """Accepted and not collected, or claimed and not seen in the levels: to a person."""
    pickup = view.bin_state.pickup
    if pickup is None or pickup.state not in CLAIMED or not view.time_rules:
        return
    flag, alert = _TOLD_WHEN_OVERDUE[pickup.state]
    if pickup.flag is not flag and view.now_ms >= overdue_ms(view, pickup):
        yield FlagPickup(view.bin.id, pickup.id, flag)
        yield view.tell_operator(pickup, alert)


def unfinished_end(view: View) -> Iterator[Decision]:
    """Nor did anything follow when the operator was told: it ends, and blocks the bin no more."""
    pickup = view.bin_state.pickup
    if pickup is None or pickup.state not in CLAIMED or not view.time_rules:
        return
    if view.now_ms >= unfinished_ms(view, pickup):
        yield MovePickup(view.bin.id, pickup.id, State.EXPIRED, f"{pickup.state}, never finished")
        yield view.tell_operator(pickup, AlertKind.UNFINISHED)


def unclaimed_sight(view: View) -> Iterator[Decision]:
    """The levels say the bin was emptied, and the one who accepted does not: to a person."""
    pickup, seen_ms = view.bin_state.pickup, view.bin_state.seen_emptied_ms
    if pickup is None or pickup.state is not State.ACCEPTED or seen_ms is None:
        return
    level = view.bin_state.level_percent
    still_low = level is not None and level < view.policy.rearm_percent
    if view.time_rules and still_low and view.now_ms >= claim_ms(view, seen_ms):
        yield MovePickup(view.bin.id, pickup.id, State.VERIFIED, "emptied, seen but not claimed")
        yield view.tell_operator(pickup, AlertKind.SEEN_NOT_CLAIMED)


def expiry_ms(view: View, pickup: Pickup) -> int:
    """When an unclaimed pickup expires."""
    return pickup.opened_ms + view.policy.expire_after_h * HOUR_MS


def overdue_ms(view: View, pickup: Pickup) -> int:
    """Until when an accepted pickup has to be collected, and a collected one seen empty."""
    policy = view.policy
    is_accepted = pickup.state is State.ACCEPTED
    within_h = policy.collect_within_h if is_accepted else policy.verify_within_h
    return pickup.moved_ms + within_h * HOUR_MS


def unfinished_ms(view: View, pickup: Pickup) -> int:
    """When a claimed pickup expires: as long after it was overdue as an unclaimed one stands."""
    return overdue_ms(view, pickup) + view.policy.expire_after_h * HOUR_MS


def claim_ms(view: View, seen_ms: int) -> int:
    """Until when an emptying that was seen may be claimed."""
    return seen_ms + view.policy.claim_within_h * HOUR_MS


def _was_high(pickup: Pickup) -> bool:
    """A pickup for age or by hand may stand on a low level: that says nothing of an emptying."""
    return "call_percent" in pickup.why.numbers


def _gone_unclaimed(view: View, pickup: Pickup, *, was_emptied: bool) -> Iterator[Decision]:
    note = "emptied, seen but not claimed" if was_emptied else "the level fell below re-arm"
    yield MovePickup(view.bin.id, pickup.id, State.WITHDRAWN, note)
    yield view.tell_collector(pickup, AlertKind.WITHDRAWN)
    if was_emptied:
        yield view.tell_operator(pickup, AlertKind.SEEN_NOT_CLAIMED)
