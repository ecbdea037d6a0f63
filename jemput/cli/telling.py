"""Entries of the journal in words."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from typing import Final, NamedTuple

from jemput.decisions import (
    CloseIncident,
    Decision,
    FlagPickup,
    HandOver,
    MovePickup,
    OpenIncident,
    OpenPickup,
    Say,
)
from jemput.entry import (
    Act,
    Changed,
    ClockTrust,
    Emptying,
    Entry,
    Event,
    Link,
    Loss,
    OpenedByHand,
    Readmitted,
)
from jemput.reading import Reading, TimeSource
from jemput.registry import Bind, Change, PutBin, Retire
from jemput.waves import WIB

DAY_LETTERS: Final = len("2026-01-01")

Concerned = tuple[str | None, str | None]
"""A bin and a device."""


def local(at_s: float, *, seconds: bool = False) -> str:
    """Unix seconds as people here read them; WIB is said once, elsewhere."""
    at = datetime.fromtimestamp(at_s, tz=UTC).astimezone(WIB)
    return f"{at:%Y-%m-%d %H:%M:%S}" if seconds else f"{at:%Y-%m-%d %H:%M}"


def told_intake(entry: Entry) -> str:
    """What came in, in numbers."""
    intake = entry.intake
    counts = [f"{len(intake.readings)} new", f"{intake.duplicates} duplicate"]
    if intake.quarantined:
        counts.append(f"{intake.quarantined} quarantined")
    before = len(entry.readings) - len(intake.readings)
    if before:
        counts.append(f"{before} of before")
    return ", ".join(counts) + (" (backlog)" if intake.backlog else "")


def told_reading(reading: Reading, now_s: float = 0) -> str:
    """A reading: who, where, when, and what it became; only the time where it is of today."""
    where = f"{reading.device} on {reading.bin}" if reading.bin else f"{reading.device}, unbound"
    levels = reading.quality.value
    if reading.fill_percent is not None:
        levels = f"{reading.fill_percent} %"
    if reading.level_percent is not None:
        levels += f", level {reading.level_percent} %"
    when, today = local(reading.at_s), local(now_s)[:DAY_LETTERS]
    when = when.removeprefix(today).strip()
    doubt = " (placed by arrival)" if reading.time_source is TimeSource.ARRIVAL else ""
    return f"{where} at {when}{doubt}: {levels}"


def told_loss(loss: Loss) -> str:
    """What will never come."""
    count = loss.last - loss.first + 1
    return f"lost: {count} of {loss.device}, boot {loss.boot}, readings {loss.first} to {loss.last}"


def told_emptying(emptying: Emptying) -> str:
    """A bin was emptied."""
    levels = f"{emptying.before_percent} % to {emptying.after_percent} %"
    return f"emptied: {emptying.bin} at {local(emptying.at_s)}, {levels}"


def told_event(event: Event) -> str:
    """What happened to the run, to a pickup or to the registry."""
    match event:
        case Link(up):
            return "the broker is heard" if up else "the broker is no longer heard"
        case ClockTrust():
            return _told_clock(event)
        case Changed(change):
            return f"registry: {_told_change(change)}"
        case OpenedByHand(pickup, by):
            return f"{by} asks for {pickup.bin}: pickup {pickup.id}"
        case Act():
            return f"{event.by}: {event.kind} {event.pickup}" + _noted(event.note)
        case Readmitted(readings):
            return f"{len(readings)} readings readmitted from the quarantine"


def _told_clock(event: ClockTrust) -> str:
    if not event.trusted:
        return "the clock stepped: not trusted"
    seconds = event.moved_ms / 1000
    if seconds < 0:
        return f"the clock is steady again, and {-seconds:.0f} s behind: the run waits for it"
    return f"the clock is steady again: the run went {seconds:.0f} s ahead, to what it says"


def told_decision(decision: Decision) -> str:
    """What the fold decided."""
    match decision:
        case OpenPickup(pickup):
            numbers = ", ".join(f"{name} {number}" for name, number in pickup.why.numbers.items())
            whom = pickup.collector or "nobody: the operator is told"
            return f"call {pickup.bin} ({pickup.reason}; {numbers}): {pickup.id} for {whom}"
        case MovePickup(_, pickup, to, note):
            return f"pickup {pickup} is {to}" + _noted(note)
        case FlagPickup(_, pickup, flag):
            return f"pickup {pickup} wants a person: {flag.replace('_', ' ')}"
        case HandOver(_, pickup, collector):
            return f"pickup {pickup} goes to {collector or 'nobody: the operator is told'}"
        case OpenIncident(kind, scope) | CloseIncident(kind, scope):
            said = _noted(decision.detail) if isinstance(decision, OpenIncident) else " is over"
            return f"{kind.replace('_', ' ')} at {scope}{said}"
        case Say():
            about = f" about {decision.subject.bin}" if decision.subject else ""
            how = ", ".join(decision.channels)
            return f"tell {decision.recipient}{about} by {how}: {decision.kind.replace('_', ' ')}"


class Only(NamedTuple):
    """What concerns a bin, or a device; everything where neither is named."""

    bin: str | None = None
    device: str | None = None

    def takes(self, bin_id: str | None, device: str | None = None) -> bool:
        """Whether something of this bin and this device is wanted."""
        if self.bin is None and self.device is None:
            return True
        return (bin_id is not None and bin_id == self.bin) or (
            device is not None and device == self.device
        )


def told(entry: Entry, only: Only) -> Iterator[tuple[str, str]]:
    """What an entry holds of that, in words: kind and sentence."""
    for kind, (bin_id, device), sentence in _everything(entry):
        if only.takes(bin_id, device):
            yield kind, sentence()


def _everything(entry: Entry) -> Iterator[tuple[str, Concerned, Callable[[], str]]]:
    now_s = entry.intake.now_ms / 1000
    for event in entry.intake.events:
        yield "event", _concerned(event), partial(told_event, event)
    for reading in entry.readings:
        yield "reading", (reading.bin, reading.device), partial(told_reading, reading, now_s)
    for loss in entry.losses:
        yield "loss", (None, loss.device), partial(told_loss, loss)
    for emptying in entry.emptyings:
        yield "emptying", (emptying.bin, None), partial(told_emptying, emptying)
    for decision in entry.decisions:
        yield "decision", (bin_of(decision), None), partial(told_decision, decision)


def bin_of(decision: Decision) -> str | None:
    """The bin that a decision is about, if it is about one."""
    match decision:
        case OpenPickup(pickup):
            return pickup.bin
        case MovePickup(bin_id) | FlagPickup(bin_id) | HandOver(bin_id):
            return bin_id
        case OpenIncident(_, scope) | CloseIncident(_, scope):
            return scope
        case Say():
            return decision.subject.bin if decision.subject else None


def _concerned(event: Event) -> Concerned:
    """The bin and the device that an event is about."""
    match event:
        case Act():
            return event.bin, None
        case OpenedByHand(pickup):
            return pickup.bin, None
        case Changed(Bind(device, bin_id)):
            return bin_id, device
        case Changed(PutBin(a_bin)):
            return a_bin.id, None
        case Changed(Retire("bin", bin_id)):
            return bin_id, None
        case _:
            return None, None


def _told_change(change: Change) -> str:
    match change:
        case Bind(device, None, from_s):
            return f"{device} is taken down from {local(from_s)} on"
        case Bind(device, bin_id, from_s):
            return f"{device} hangs on {bin_id}" + (f" from {local(from_s)} on" if from_s else "")
        case Retire(of_kind, thing_id, from_s):
            return f"{of_kind} {thing_id} is retired from {local(from_s)} on"
        case _:
            kind = str(change.__struct_config__.tag).removeprefix("put_")
            first = getattr(change, change.__struct_fields__[0])
            return f"{kind} {getattr(first, 'id', first)}"


def _noted(note: str | None) -> str:
    return f": {note}" if note else ""
