"""What became of a call: seen in the levels, or not seen in time."""

from collections.abc import Iterator

from jemput.decisions import AlertKind, Decision, FlagPickup, MovePickup
from jemput.pickup import UNCLAIMED, Flag, Pickup, State
from jemput.rules.view import HOUR_MS, View


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


def unseen_claim(view: View) -> Iterator[Decision]:
    """Somebody says the bin was emptied, and the levels do not: to a person."""
    pickup = view.bin_state.pickup
    if pickup is None or pickup.state is not State.COLLECTED or pickup.flag is not None:
        return
    if view.time_rules and view.now_ms >= verification_ms(view, pickup):
        yield FlagPickup(view.bin.id, pickup.id, Flag.CLAIMED_NOT_SEEN)
        yield view.tell_operator(pickup, AlertKind.CLAIMED_NOT_SEEN)


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


def verification_ms(view: View, pickup: Pickup) -> int:
    """Until when a claimed emptying has to show in the levels."""
    return pickup.moved_ms + view.policy.verify_within_h * HOUR_MS


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
