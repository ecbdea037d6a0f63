"""Observe: what an intake makes of the state, before anything is decided."""

from dataclasses import dataclass, field

from jemput.entry import (
    Act,
    Changed,
    ClockTrust,
    Emptying,
    Event,
    Intake,
    Link,
    Loss,
    OpenedByHand,
    Readmitted,
)
from jemput.fold import acts, listening
from jemput.fold.admission import since_s
from jemput.fold.levels import take_reading
from jemput.fold.state import MAX_UNBOUND, BinState, GroupState
from jemput.memory import Verdict
from jemput.ranges import Range
from jemput.reading import Reading
from jemput.registry import Bind, Change, PutBin


@dataclass(slots=True)
class Observed:
    """What was derived from an intake, and which bins have to be judged."""

    readings: list[Reading] = field(default_factory=list)
    losses: list[Loss] = field(default_factory=list)
    emptyings: list[Emptying] = field(default_factory=list)
    touched: set[str] = field(default_factory=set)
    all_due: bool = False


def observe(state: GroupState, intake: Intake) -> Observed:
    """Take an intake into the state. Total: an event that does not fit changes nothing."""
    observed = Observed()
    state.now_ms = max(state.now_ms, intake.now_ms)
    for event in intake.events:
        _take_event(state, event, observed)
    _readmit(state, intake, observed)
    _take_readings(state, intake.readings, observed)
    _settle(state, intake, observed)
    if listening.drain(state, backlog=intake.backlog):
        observed.all_due = True
    return observed


def _take_event(state: GroupState, event: Event, observed: Observed) -> None:
    match event:
        case Link(up):
            listening.switch(state, up=up)
            observed.all_due = True
        case ClockTrust(trusted, moved_ms):
            state.clock_trusted = trusted
            if moved_ms > 0:
                listening.skip(state, moved_ms)
            observed.all_due = True
        case Changed(change):
            _take_change(state, change, observed)
        case Act() | OpenedByHand():
            touched = acts.take(state, event)
            if touched is not None:
                observed.touched.add(touched)
        case Readmitted():
            return


def _take_change(state: GroupState, change: Change, observed: Observed) -> None:
    is_back = state.registry.retired_s(*change.thing) is not None
    if state.registry.apply(change) is not None:
        return
    if isinstance(change, PutBin):
        heard_ms = state.listening.listened_ms(state.now_ms)
        fresh = BinState(change.bin.id, heard_listened_ms=heard_ms)
        known = state.bins.setdefault(change.bin.id, fresh)
        if is_back:
            known.heard_listened_ms = heard_ms
    if isinstance(change, Bind):
        _attribute(state, change.device, observed)
    observed.all_due = True


def _readmit(state: GroupState, intake: Intake, observed: Observed) -> None:
    """Take readings out of the quarantine as late ones; nobody has spoken for that."""
    asked = [
        one for event in intake.events if isinstance(event, Readmitted) for one in event.readings
    ]
    if not asked:
        return
    told = {one.identity for one in intake.readings}
    taken = [one for one in asked if one.identity not in told and _take_back(state, one, observed)]
    bins = {state.registry.bin_of(one.device, one.at_s) for one in taken}
    heard_ms = {bin_id: state.bins[bin_id].heard_listened_ms for bin_id in bins if bin_id}
    _take_readings(state, tuple(sorted(taken, key=lambda one: one.identity)), observed)
    for bin_id, listened_ms in heard_ms.items():
        state.bins[bin_id].heard_listened_ms = listened_ms


def _take_back(state: GroupState, reading: Reading, observed: Observed) -> bool:
    memory = state.memory_of(reading.device)
    heard_since_s = since_s(reading.at_s, reading.time_source)
    is_new = memory.judge(reading.boot, reading.seq, heard_since_s) is Verdict.NEW
    if not is_new and not memory.take_back(reading.boot, reading.seq):
        return False
    _mark(state, reading, observed)
    return True


def _take_readings(state: GroupState, readings: tuple[Reading, ...], observed: Observed) -> None:
    derived = list(readings)
    placed: list[tuple[str, int, int]] = []
    bin_of = state.registry.bin_of
    for index, reading in enumerate(readings):
        _mark(state, reading, observed)
        bin_id = bin_of(reading.device, reading.at_s)
        if bin_id is None:
            held = state.unbound.setdefault(reading.device, [])
            held.append(reading)
            del held[:-MAX_UNBOUND]
        else:
            placed.append((bin_id, reading.at_s, index))
    # At the same second they stay in the order of their identities.
    placed.sort()
    listened_ms = state.listening.listened_ms(state.now_ms)
    for bin_id, _, index in placed:
        derived[index] = _take_level(state, bin_id, readings[index], observed, listened_ms)
    observed.readings[:0] = derived


def _mark(state: GroupState, reading: Reading, observed: Observed) -> None:
    """Note a reading as heard; one that was given up is no longer lost."""
    memory = state.memory_of(reading.device)
    if memory.was_lost(reading.boot, reading.seq):
        state.known_loss -= 1
    lost = memory.mark(reading.boot, reading.seq, state.now_ms // 1000)
    if lost:
        _note_loss(state, observed, reading.device, reading.boot, lost)


def _take_level(
    state: GroupState, bin_id: str, reading: Reading, observed: Observed, listened_ms: int
) -> Reading:
    observed.touched.add(bin_id)
    state.bins[bin_id].heard_listened_ms = listened_ms
    taken, emptying = take_reading(state, bin_id, reading)
    if emptying is not None:
        observed.emptyings.append(emptying)
    return taken


def _attribute(state: GroupState, device: str, observed: Observed) -> None:
    """Give the readings of a device that hung nowhere to the bin it is now known to hang on."""
    still_unbound = []
    listened_ms = state.listening.listened_ms(state.now_ms)
    held = sorted(state.unbound.pop(device, ()), key=lambda one: (one.at_s, one.identity))
    for reading in held:
        bin_id = state.registry.bin_of(device, reading.at_s)
        if bin_id is None:
            still_unbound.append(reading)
        else:
            taken = _take_level(state, bin_id, reading, observed, listened_ms)
            observed.readings.append(taken)
    if still_unbound:
        state.unbound[device] = still_unbound


def _settle(state: GroupState, intake: Intake, observed: Observed) -> None:
    for one in intake.settled:
        memory = state.memory_of(one.device)
        state.known_loss -= memory.was_lost(one.boot, one.seq)
        lost = memory.set_aside(one.boot, one.seq, state.now_ms // 1000)
        _note_loss(state, observed, one.device, one.boot, lost)
    for kept in intake.kept:
        memory = state.memory_of(kept.device)
        lost = memory.missing_below(kept.boot, kept.first)
        memory.settle(kept.boot, 1, kept.first - 1, state.now_ms // 1000)
        _note_loss(state, observed, kept.device, kept.boot, lost)


def _note_loss(
    state: GroupState, observed: Observed, device: str, boot: int, lost: list[Range]
) -> None:
    for first, last in lost:
        observed.losses.append(Loss(device, boot, first, last))
        state.known_loss += last - first + 1
