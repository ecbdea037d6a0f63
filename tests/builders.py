"""One-word builders: a small town, its devices' messages, and a fold that is easy to feed."""

from collections.abc import Iterable
from typing import Any, Final

from jemput.entry import Act, ActKind, Changed, Entry, Event, Link, OpenedByHand
from jemput.fold.admission import Heard, Poison, admit
from jemput.fold.fold import Fold
from jemput.fold.state import BinState
from jemput.geometry import Geometry
from jemput.payload import WireMessage, WireReading
from jemput.pickup import Pickup, Reason, State, Why
from jemput.policy import Override, Scope
from jemput.reading import Clock, Quality
from jemput.registry import (
    Bind,
    Change,
    PutBin,
    PutCollector,
    PutHalte,
    PutPolicy,
    PutSite,
    PutZone,
)
from jemput.things import Bin, Collector, Halte, Site, Zone

START_S: Final = 1_767_225_600
"""2026-01-01: where the tests' clock starts."""
CADENCE_S: Final = 600
HOUR_S: Final = 3600
SHAPE: Final = Geometry(empty_mm=1100, full_mm=100)
EPOCH: Final = 1


def distance_mm(fill: int) -> int:
    """The echo of a bin of `SHAPE` that is `fill` per cent full."""
    return SHAPE.empty_mm - fill * (SHAPE.empty_mm - SHAPE.full_mm) // 100


def wire(seq: int = 1, at_s: int = START_S, fill: int | None = 50, **fields: Any) -> WireReading:  # noqa: ANN401 - any field of a reading
    """One reading on the wire; `fill` None is a fault."""
    measured: dict[str, object] = {"quality": Quality.NO_ECHO, "distance_mm": None}
    if fill is not None:
        measured = {"quality": Quality.OK, "distance_mm": distance_mm(fill)}
    known = {"boot": 1, "seq": seq, "at": at_s, "clock": Clock.NTP, "battery_mv": 3900}
    return WireReading(**{**known, **measured, **fields})


def message(
    *readings: WireReading,
    kept: tuple[tuple[int, int], ...] = (),
    **fields: Any,  # noqa: ANN401 - any field of a reading
) -> WireMessage:
    """What a device publishes: `message(fill=92)`, or several readings at once."""
    return WireMessage(1, readings or (wire(**fields),), kept)


def town(bins: Iterable[str] = ("b1",), *, waste: str = "organic") -> tuple[Change, ...]:
    """One site, halte, zone and collector; a device `d-<bin>` on each bin."""
    things: list[Change] = [
        PutSite(Site("coblong", "Coblong")),
        PutHalte(Halte("dago", "coblong", "Dago", -6.88, 107.61)),
        PutZone(Zone("north", "North", ("dago",))),
        PutCollector(Collector("asep", "Asep", ("north",))),
    ]
    for one in bins:
        things.append(PutBin(Bin(one, "dago", waste, SHAPE, CADENCE_S)))
        things.append(Bind(f"d-{one}", one, 0))
    return tuple(things)


def by_hand(bin_id: str = "b1", now_s: int = START_S) -> OpenedByHand:
    """A person asks for a bin to be emptied."""
    why = Why("by_hand", {})
    now_ms = now_s * 1000
    pickup = Pickup(
        f"{bin_id}-hand", bin_id, Reason.MANUAL, State.REQUESTED, now_ms, now_ms, why, "asep"
    )
    return OpenedByHand(pickup, "operator")


class Feed:
    """A fold with a town, the backlog drained, and a clock that tests move forward."""

    def __init__(self, changes: Iterable[Change] | None = None, start_s: int = START_S) -> None:
        self.fold = Fold()
        self.now_s = start_s
        self.entries: list[Entry] = []
        self._seq = 0
        changes = town() if changes is None else changes
        self.take(events=(*(Changed(one) for one in changes), Link(up=True)))
        self.pass_s(10)

    def take(
        self,
        *heard: Heard,
        events: tuple[Event, ...] = (),
        poison: tuple[Poison, ...] = (),
    ) -> Entry:
        """Fold one entry now."""
        admission = admit(self.fold.state, self.now_s * 1000, heard, poison, events)
        self.entries.append(self.fold.fold(admission.intake, EPOCH))
        return self.entries[-1]

    def hear(
        self,
        fill: int | None = 50,
        bin_id: str = "b1",
        **fields: Any,  # noqa: ANN401 - any field of a reading
    ) -> Entry:
        """A cadence later, the bin's device says a level."""
        self.now_s += CADENCE_S
        return self.say(fill, bin_id, **fields)

    def say(
        self,
        fill: int | None = 50,
        bin_id: str = "b1",
        **fields: Any,  # noqa: ANN401 - any field of a reading
    ) -> Entry:
        """The bin's device says a level now."""
        self._seq += 1
        one = wire(**{"seq": self._seq, "at_s": self.now_s, "fill": fill, **fields})
        return self.take(Heard(f"d-{bin_id}", message(one)))

    def fill(self, *levels: int, bin_id: str = "b1") -> Entry:
        """One level after another, a cadence apart; the last entry."""
        return [self.hear(one, bin_id) for one in levels][-1]

    def pass_s(self, seconds: int) -> Entry:
        """Time passes; nothing is heard."""
        self.now_s += seconds
        return self.take()

    def change(self, *changes: Change) -> Entry:
        """The registry changes."""
        return self.take(events=tuple(Changed(one) for one in changes))

    def policy(self, scope: Scope = "bin", key: str = "b1", **override: int) -> Entry:
        """Thresholds are overridden."""
        given: Override = override
        return self.change(PutPolicy(scope, key, given))

    def act(self, kind: ActKind, bin_id: str = "b1") -> Entry:
        """Somebody moves the bin's open pickup."""
        pickup = self.pickup(bin_id)
        assert pickup is not None, f"{bin_id} has no open pickup to {kind}"
        return self.take(events=(Act(kind, pickup.id, bin_id, "asep", self.now_s * 1000),))

    def bin(self, bin_id: str = "b1") -> BinState:
        """What the fold keeps of a bin."""
        return self.fold.state.bins[bin_id]

    def pickup(self, bin_id: str = "b1") -> Pickup | None:
        """The bin's open pickup."""
        return self.bin(bin_id).pickup
