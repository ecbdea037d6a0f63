"""What else InfluxDB is told beside readings: pickups, incidents, emptyings, alerts, bins, sums.

Entries say what happened, but not to whom it belongs. So whoever forwards them folds along what
that takes: the registry, and what is open. From the same entries come the same lines, in the same
order, wherever it began.
"""

from collections.abc import Iterator
from typing import Final

from msgspec.structs import replace

from jemput.decisions import (
    CloseIncident,
    Decision,
    FlagPickup,
    HandOver,
    IncidentKind,
    MovePickup,
    OpenIncident,
    OpenPickup,
    Say,
)
from jemput.entry import Act, Changed, Emptying, Entry, Event, Loss, OpenedByHand
from jemput.fold.acts import STATE_AFTER
from jemput.fold.state import GroupState
from jemput.line_protocol import Field, written
from jemput.pickup import OPEN, Pickup, RefusedError, State, flagged, move
from jemput.points import Place, gone_line, place_at
from jemput.reading import Reading
from jemput.registry import Change, PutBin, PutHalte, PutPolicy, Registry, Retire
from jemput.summary import Summary

BIN: Final = "bin"
PICKUP: Final = "pickup"
STEP: Final = "step"
INCIDENT: Final = "incident"
EMPTYING: Final = "emptying"
LOSS: Final = "loss"
ALERT: Final = "alert"
BEAT_MS: Final = 6 * 3_600_000
"""So often what is open, and where every bin stands, is said again: a question about the last day
finds it, and InfluxDB 3 lists only tag values seen within a day."""
BY_RULES: Final = "fold"


class Facts:
    """Follows entries in their order, and says what each of them adds."""

    def __init__(self, state: GroupState) -> None:
        """Begin at the state before the first entry; its registry is taken over."""
        self.registry: Registry = state.registry
        self._pickups: dict[str, Pickup] = {}
        self._incidents: dict[tuple[IncidentKind, str], str] = {}
        self._beat = state.now_ms // BEAT_MS
        self._places: dict[str, Place | None] = {}
        self._summary = Summary(state.now_ms, is_beginning=state.position == 0)
        for bin_id, bin_state in state.bins.items():
            if bin_state.pickup is not None:
                self._pickups[bin_state.pickup.id] = bin_state.pickup
            for kind in bin_state.incidents:
                self._incidents[kind, bin_id] = self._tags(bin_id)["site"]
        for site in state.site_incidents:
            self._incidents[IncidentKind.SITE_SILENCE, site] = site

    def take(self, entry: Entry) -> list[str]:
        """Lines of one entry, beside those of its readings."""
        now_ms = entry.intake.now_ms
        now_ns = now_ms * 1_000_000
        # Two of one series in one millisecond stay two, and a retry writes the same two.
        offset = entry.position % 1000 * 1000
        told = self._summary.over(now_ms)
        told += self._change_registry(entry, now_ns + offset)
        each = [
            *self._acts(entry.intake.events),
            *self._decided(entry.decisions, now_ms),
            *(self._emptied(one) for one in entry.emptyings),
            *(self._lost(one, now_ns) for one in entry.losses),
        ]
        told += self._again(now_ms)
        for index, one in enumerate(each):
            told += [_written(it, offset + min(index, 999)) for it in (one, *_step_of(one))]
        for reading in entry.readings:
            if (place := self.place_of(reading)) is not None:
                self._summary.add(reading, place)
        return told

    def place_of(self, reading: Reading) -> Place | None:
        """Where a reading's bin stands; None where nobody knows it."""
        return None if reading.bin is None else self._place(reading.bin)

    def _place(self, bin_id: str) -> Place | None:
        if bin_id in self._places:
            return self._places[bin_id]
        a_bin, place = self.registry.bins.get(bin_id), None
        if a_bin is not None:
            call_percent = self.registry.policy_of(bin_id).call_percent
            place = place_at(self.registry.site_of(bin_id), a_bin.waste, call_percent)
        self._places[bin_id] = place
        return place

    def _change_registry(self, entry: Entry, at_ns: int) -> list[str]:
        """Bins that stand elsewhere, are others, or came into or out of use with this entry."""
        changed: dict[str, Place | None] = {}
        for event in entry.intake.events:
            if not isinstance(event, Changed):
                continue
            before = {one: self._place(one) for one in self._told_anew(event.change)}
            if self.registry.apply(event.change) is not None:
                continue
            self._places.clear()
            changed = {**dict.fromkeys(self._told_anew(event.change)), **before, **changed}
        gone = (
            gone_line(bin_id, before, at_ns)
            for bin_id, before in sorted(changed.items())
            if before is not None and self._left(bin_id, before)
        )
        now_ns = entry.intake.now_ms * 1_000_000
        return [*(self._bin(bin_id, now_ns) for bin_id in sorted(changed)), *gone]

    def _left(self, bin_id: str, before: Place) -> bool:
        """Whether a bin is no more where it was: what its last reading said is over there."""
        place = self._place(bin_id)
        moved = place is not None and place.key != before.key
        return moved or not self.registry.is_live("bin", bin_id)

    def _told_anew(self, change: Change) -> set[str]:
        """The bins of which a change says something that a dashboard shows."""
        registry = self.registry
        match change:
            case PutBin(a_bin):
                return {a_bin.id}
            case Retire("bin", bin_id):
                return {bin_id}
            case PutHalte(halte):
                return {one.id for one in registry.bins.values() if one.halte == halte.id}
            case PutPolicy(scope, key):
                return {one for one in registry.bins if self._tags(one).get(scope) == key}
            case _:
                return set()

    def _acts(self, events: tuple[Event, ...]) -> Iterator["Fact"]:
        for event in events:
            if isinstance(event, OpenedByHand):
                yield self._opened(event.pickup, event.by)
            elif isinstance(event, Act):
                to = STATE_AFTER[event.kind]
                yield from self._moved(event.pickup, to, event.at_ms, event.by)

    def _decided(self, decisions: tuple[Decision, ...], now_ms: int) -> Iterator["Fact"]:
        for decision in decisions:
            match decision:
                case OpenPickup(pickup):
                    yield self._opened(pickup, BY_RULES)
                case MovePickup(_, pickup_id, to):
                    yield from self._moved(pickup_id, to, now_ms, BY_RULES)
                case FlagPickup(_, pickup_id, flag) if pickup_id in self._pickups:
                    pickup = self._pickups[pickup_id] = flagged(self._pickups[pickup_id], flag)
                    yield self._pickup(pickup, now_ms, BY_RULES)
                case HandOver(_, pickup_id, collector) if pickup_id in self._pickups:
                    pickup = replace(self._pickups[pickup_id], collector=collector)
                    self._pickups[pickup_id] = pickup
                    yield self._pickup(pickup, now_ms, BY_RULES)
                case OpenIncident(kind, scope, site, detail):
                    self._incidents[kind, scope] = site
                    yield self._incident(kind, scope, site, now_ms, detail)
                case CloseIncident(kind, scope, site):
                    self._incidents.pop((kind, scope), None)
                    yield self._incident(kind, scope, site, now_ms, is_open=False)
                case Say():
                    yield _alert(decision)

    def _opened(self, pickup: Pickup, by: str) -> "Fact":
        self._pickups[pickup.id] = pickup
        return self._pickup(pickup, pickup.opened_ms, by)

    def _moved(self, pickup_id: str, to: State, at_ms: int, by: str) -> Iterator["Fact"]:
        """Nothing where the state machine refuses: the rules were first."""
        pickup = self._pickups.get(pickup_id)
        if pickup is None:
            return
        try:
            moved = move(pickup, to, at_ms)
        except RefusedError:
            return
        self._pickups[pickup_id] = moved
        if moved.state not in OPEN:
            del self._pickups[pickup_id]
        yield self._pickup(moved, at_ms, by)

    def _pickup(self, pickup: Pickup, at_ms: int, by: str | None) -> "Fact":
        """A step that somebody made, or, `by` nobody, only how it stands."""
        is_open = pickup.state in OPEN
        fields: dict[str, Field] = {
            "pickup": pickup.id,
            "state": pickup.state.value,
            "is_open": int(is_open),
            "reason": pickup.reason.value,
            "collector": pickup.collector,
            "flag": pickup.flag.value if pickup.flag else None,
            "who": by,
            "step": 1 if by else None,
            "opened_ms": pickup.opened_ms,
            "open_s": max(0, at_ms - pickup.opened_ms) // 1000,
            "verified": None if is_open else int(pickup.state is State.VERIFIED),
        }
        return PICKUP, self._tags(pickup.bin), fields, at_ms * 1_000_000

    def _incident(  # noqa: PLR0913 - an incident has so many sides
        self,
        kind: IncidentKind,
        scope: str,
        site: str,
        at_ms: int,
        detail: str | None = None,
        *,
        is_open: bool = True,
        step: bool = True,
    ) -> "Fact":
        tags = {"kind": kind.value, "scope": scope, "site": site}
        waste = self._tags(scope)["waste"]
        fields: dict[str, Field] = {
            "is_open": int(is_open),
            "step": 1 if step else None,
            "detail": detail or None,
        }
        return INCIDENT, {**tags, "waste": waste}, fields, at_ms * 1_000_000

    def _emptied(self, one: Emptying) -> "Fact":
        fields: dict[str, Field] = {
            "before_percent": one.before_percent,
            "after_percent": one.after_percent,
        }
        return EMPTYING, self._tags(one.bin), fields, one.at_s * 1_000_000_000

    def _lost(self, one: Loss, now_ns: int) -> "Fact":
        bin_id = self.registry.bin_of(one.device, now_ns // 1_000_000_000) or ""
        tags = {"device": one.device, **self._tags(bin_id)}
        fields: dict[str, Field] = {"readings": one.last - one.first + 1, "boot": one.boot}
        return LOSS, tags, fields, now_ns

    def _tags(self, bin_id: str) -> dict[str, str]:
        place = self._place(bin_id)
        site, waste = place.key if place else ("", "")
        return {"bin": bin_id, "site": site, "waste": waste}

    def _again(self, now_ms: int) -> list[str]:
        """What holds, said again at every beat, at the beat's own time."""
        if now_ms // BEAT_MS <= self._beat:
            return []
        self._beat = now_ms // BEAT_MS
        at_ms = self._beat * BEAT_MS
        open_now = [self._pickup(one, at_ms, None) for one in self._pickups.values()]
        wrong = [
            self._incident(kind, scope, site, at_ms, step=False)
            for (kind, scope), site in self._incidents.items()
        ]
        bins = [self._bin(bin_id, at_ms * 1_000_000) for bin_id in self.registry.bins]
        return sorted([*bins, *(_written(one) for one in (*open_now, *wrong))])

    def _bin(self, bin_id: str, time_ns: int) -> str:
        a_bin = self.registry.bins[bin_id]
        halte = self.registry.haltes[a_bin.halte]
        tags = {**self._tags(bin_id), "halte": halte.id}
        fields: dict[str, Field] = {
            "lat": float(halte.lat),
            "lon": float(halte.lon),
            "halte_name": halte.name,
            "call_percent": self.registry.policy_of(bin_id).call_percent,
            "cadence_s": a_bin.cadence_s,
            "in_use": int(self.registry.is_live("bin", bin_id)),
        }
        return written(BIN, tags, fields, time_ns)


Fact = tuple[str, dict[str, str], dict[str, Field], int]
"""Measurement, tags, fields and time of a line."""


def _alert(said: Say) -> Fact:
    """The key is the same whatever is replayed; `recipient` is a collector or the operator."""
    tags = {"kind": said.kind.value, "recipient": said.recipient, "site": said.site}
    bin_id = said.subject.bin if said.subject else ""
    return ALERT, tags, {"bin": bin_id, "alert_key": said.key}, said.decided_ms * 1_000_000


def _step_of(fact: Fact) -> Iterator[Fact]:
    """A pickup's step without its bin: many pickups of a year are few series."""
    measurement, tags, fields, time_ns = fact
    if measurement == PICKUP and fields["step"] is not None:
        place = {"site": tags["site"], "waste": tags["waste"], "state": str(fields["state"])}
        yield STEP, place, {name: fields[name] for name in ("open_s", "verified")}, time_ns


def _written(fact: Fact, offset: int = 0) -> str:
    measurement, tags, fields, time_ns = fact
    return written(measurement, tags, fields, time_ns + offset)
