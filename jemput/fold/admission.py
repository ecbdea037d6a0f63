"""From messages to an intake: what is new, known, too old, or poison. Changes no state."""

from collections.abc import Iterable
from typing import Final

import msgspec
from msgspec import Struct

from jemput.entry import Event, Intake, Kept, Settled
from jemput.fold.state import GroupState
from jemput.memory import DeviceMemory, Verdict
from jemput.payload import WireMessage, WireReading
from jemput.reading import Clock, Identity, Reading, TimeSource

FUTURE_S: Final = 300
CLOCKS_BEGIN_S: Final = 1_577_836_800
"""2020-01-01: no device of ours measured before; a clock that says so was never set."""
BACKLOG_S: Final = 120
LONGEST_KEPT_S: Final = 90 * 86_400
_NOTHING_HEARD: Final = DeviceMemory()


class Heard(Struct, frozen=True, gc=False):
    """A message that could be read, and who spoke."""

    device: str
    message: WireMessage


class Poison(Struct, frozen=True):
    """A message that could not be taken, and why. `settled` are the (boot, seq) it named."""

    topic: str
    payload: bytes
    reason: str
    detail: str
    device: str | None = None
    settled: tuple[tuple[int, int], ...] = ()


class Admission(Struct, frozen=True):
    """The intake of the next entry, and the readings too old to tell, for the quarantine."""

    intake: Intake
    too_old: tuple[Identity, ...]


def admit(
    state: GroupState,
    now_ms: int,
    heard: Iterable[Heard],
    poison: Iterable[Poison] = (),
    events: tuple[Event, ...] = (),
) -> Admission:
    """Sort what came in. The order in which it came changes nothing of the result."""
    sorter = _Sorter(state, max(now_ms, state.now_ms))
    for one in heard:
        sorter.take(one)
    return sorter.admission(tuple(poison), events)


def placed(heard: Heard, came_ms: int) -> tuple[Reading, ...]:
    """The readings of a message that came then; whether they are new is not asked."""
    times = _times(heard.message, came_ms // 1000)
    pairs = zip(heard.message.readings, times, strict=True)
    return tuple(_reading(heard.device, wire, at_s, source) for wire, (at_s, source) in pairs)


class _Sorter:
    """What one entry's messages hold, while they are being sorted."""

    def __init__(self, state: GroupState, now_ms: int) -> None:
        self.devices = state.devices
        self.now_ms = now_ms
        self.now_s = now_ms // 1000
        self.new: dict[tuple[str, int, int], Reading] = {}
        self.too_old: set[Identity] = set()
        self.kept: dict[tuple[str, int], int] = {}
        self.duplicates = 0
        self.backlog = False

    def take(self, heard: Heard) -> None:
        """Judge each reading of a message; one that brings anything new may be backlog."""
        memory = self.devices.get(heard.device) or _NOTHING_HEARD
        now_s = self.now_s
        times = _times(heard.message, now_s)
        newest_s, brings_new = 0, False
        for wire, (at_s, source) in zip(heard.message.readings, times, strict=True):
            newest_s = max(newest_s, at_s)
            verdict = memory.judge(wire.boot, wire.seq, since_s(at_s, source))
            if verdict is Verdict.NEW:
                brings_new = True
                self._put(_reading(heard.device, wire, at_s, source))
            elif verdict is Verdict.KNOWN:
                self.duplicates += 1
            else:
                self.too_old.add(Identity(heard.device, wire.boot, wire.seq))
        # A duplicate may not even prolong the wait for the backlog, or it would change something.
        self.backlog = self.backlog or (brings_new and newest_s < now_s - BACKLOG_S)
        self._note_kept(heard, memory)

    def admission(self, poison: tuple[Poison, ...], events: tuple[Event, ...]) -> Admission:
        """The intake, everything in it in an order of its own."""
        settled = {Settled(p.device, b, s) for p in poison if p.device for b, s in p.settled}
        intake = Intake(
            now_ms=self.now_ms,
            events=events,
            readings=tuple(reading for _, reading in sorted(self.new.items())),
            kept=tuple(Kept(*key, first) for key, first in sorted(self.kept.items())),
            settled=tuple(sorted(settled, key=lambda one: (one.device, one.boot, one.seq))),
            duplicates=self.duplicates,
            quarantined=len(poison) + len(self.too_old),
            backlog=self.backlog,
        )
        return Admission(intake, tuple(sorted(self.too_old)))

    def _put(self, reading: Reading) -> None:
        """Of two readings under one identity keep the same one, whichever came first."""
        identity = reading.device, reading.boot, reading.seq
        other = self.new.get(identity)
        if other is not None:
            self.duplicates += 1
            reading = min(reading, other, key=msgspec.json.encode)
        self.new[identity] = reading

    def _note_kept(self, heard: Heard, memory: DeviceMemory) -> None:
        for boot, first in heard.message.kept:
            if memory.missing_below(boot, first):
                key = (heard.device, boot)
                self.kept[key] = max(first, self.kept.get(key, 0))


def _times(message: WireMessage, now_s: int) -> list[tuple[int, TimeSource]]:
    """When each reading was taken: a doubtful clock never costs a reading.

    Readings of a doubtful clock are placed by arrival, as far apart as the device says.
    """
    if len(message.readings) == 1 and not _is_doubtful(message.readings[0], now_s):
        return [(message.readings[0].at, TimeSource.DEVICE)]
    doubtful = [wire.at for wire in message.readings if _is_doubtful(wire, now_s)]
    if not doubtful:
        return [(wire.at, TimeSource.DEVICE) for wire in message.readings]
    newest = max(doubtful)
    times = []
    for wire in message.readings:
        if not _is_doubtful(wire, now_s):
            times.append((wire.at, TimeSource.DEVICE))
            continue
        before_s = newest - wire.at
        at_s = now_s - before_s if before_s <= LONGEST_KEPT_S else now_s
        times.append((at_s, TimeSource.ARRIVAL))
    return times


def since_s(at_s: int, source: TimeSource) -> int:
    """Before when a reading of that time cannot have been heard; 0 where that is unknown."""
    return at_s - FUTURE_S if source is TimeSource.DEVICE else 0


def _is_doubtful(wire: WireReading, now_s: int) -> bool:
    return wire.clock is Clock.NONE or wire.at < CLOCKS_BEGIN_S or wire.at > now_s + FUTURE_S


def _reading(device: str, wire: WireReading, at_s: int, source: TimeSource) -> Reading:
    return Reading(
        device,
        wire.boot,
        wire.seq,
        at_s,
        source,
        wire.quality,
        wire.distance_mm,
        wire.echoes,
        wire.spread_mm,
        wire.temperature_c,
        wire.battery_mv,
        wire.rssi_dbm,
        wire.tilt_deg,
    )
