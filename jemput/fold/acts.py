"""What people did: already true in the database, taken into the state here."""

from typing import Final

from jemput.entry import Act, ActKind, OpenedByHand
from jemput.fold.state import BinState, GroupState, Hold, HoldKind
from jemput.pickup import OPEN, Pickup, RefusedError, State, move

HOUR_MS: Final = 3_600_000

STATE_AFTER: Final[dict[ActKind, State]] = {
    "alerted": State.ALERTED,
    "accept": State.ACCEPTED,
    "collect": State.COLLECTED,
    "fail": State.FAILED,
    "withdraw": State.WITHDRAWN,
    "confirm": State.VERIFIED,
}


def take(state: GroupState, event: Act | OpenedByHand) -> str | None:
    """Take an act; return the bin it touched, None where it does not fit what is open."""
    bin_id = event.bin if isinstance(event, Act) else event.pickup.bin
    bin_state = state.bins.get(bin_id)
    if bin_state is None:
        return None
    if isinstance(event, OpenedByHand):
        if bin_state.pickup is not None:
            return None
        begin(bin_state, event.pickup)
        return bin_id
    if bin_state.pickup is None or bin_state.pickup.id != event.pickup:
        return None
    try:
        moved = move(bin_state.pickup, STATE_AFTER[event.kind], event.at_ms, note=event.note)
    except RefusedError:
        return None
    if event.kind == "confirm":
        bin_state.confirmed_at_s = claimed_s = bin_state.pickup.moved_ms // 1000
        bin_state.emptied_at_s = max(claimed_s, bin_state.emptied_at_s or 0)
    put(bin_state, moved, hold_after_act(state, event))
    return bin_id


def begin(bin_state: BinState, pickup: Pickup) -> None:
    """A bin is called: what was seen before has nothing to say of this pickup."""
    bin_state.pickup = pickup
    bin_state.announced = False
    bin_state.sighted_ms = bin_state.seen_emptied_ms = None
    bin_state.hold = None


def put(bin_state: BinState, moved: Pickup, hold: Hold | None) -> None:
    """Keep the moved pickup while it is open; else close it and hold the bin."""
    if moved.state in OPEN:
        bin_state.pickup = moved
        return
    bin_state.pickup = None
    bin_state.announced = False
    bin_state.sighted_ms = bin_state.seen_emptied_ms = None
    bin_state.hold = hold


def hold_after_act(state: GroupState, act: Act) -> Hold | None:
    """When the bin may be called again after a person closed its pickup."""
    policy = state.registry.policy_of(act.bin)
    match act.kind:
        case "fail":
            return Hold(HoldKind.UNTIL, act.at_ms + policy.reopen_failed_after_h * HOUR_MS)
        case "withdraw":
            return Hold(HoldKind.REARM_OR_UNTIL, act.at_ms + policy.reopen_after_h * HOUR_MS)
        case _:
            return None


def is_held(hold: Hold | None, now_ms: int) -> bool:
    """Whether a hold still keeps its bin from being called."""
    return hold is not None and now_ms < hold.until_ms


def lift_below_rearm(bin_state: BinState) -> None:
    """The level was below re-arm: a hold that waited for that is over."""
    if bin_state.hold is not None and bin_state.hold.kind is not HoldKind.UNTIL:
        bin_state.hold = None
