"""What follows where a bin or a collector is taken out of use."""

from collections.abc import Iterator
from typing import Final

from jemput.decisions import AlertKind, CloseIncident, Decision, HandOver, MovePickup
from jemput.pickup import UNCLAIMED, State
from jemput.rules.view import View

WITHDRAWN: Final = "the bin was retired"
COLLECTED: Final = "the bin was retired after it was collected"


def retired_bin(view: View) -> Iterator[Decision]:
    """Nothing is open of a retired bin; whoever was to go there is told that they need not."""
    pickup = view.bin_state.pickup
    if pickup is not None:
        was_collected = pickup.state is State.COLLECTED
        note = COLLECTED if was_collected else WITHDRAWN
        yield MovePickup(view.bin.id, pickup.id, State.WITHDRAWN, note)
        if not was_collected:
            yield view.tell_collector(pickup, AlertKind.WITHDRAWN)
    for kind in view.bin_state.incidents:
        yield CloseIncident(kind, view.bin.id, view.site)


def retired_collector(view: View) -> Iterator[Decision]:
    """What a retired collector was called to and did not accept goes to whoever is next."""
    pickup, registry = view.bin_state.pickup, view.state.registry
    if pickup is None or pickup.state not in UNCLAIMED or pickup.collector is None:
        return
    if not view.bin_state.announced:
        return  # It is being told now: to the operator, where its collector is retired.
    if registry.retired_s("collector", pickup.collector) is None:
        return
    following = view.collector()
    yield HandOver(view.bin.id, pickup.id, following.id if following else None)
    yield view.tell_anew(pickup, following)
