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


class Heard(Struct, frozen=True):
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
    now_ms = max(now_ms, state.now_ms)
    new: dict[Identity, Reading] = {}
    too_old: set[Identity] = set()
    kept: dict[tuple[str, int], int] = {}
    duplicates, backlog = 0, False
    for one in heard:
        memory = state.devices.get(one.device) or DeviceMemory()
        times = _times(one.message, now_ms // 1000)
        backlog = backlog or max(at_s for at_s, _ in times) < now_ms // 1000 - BACKLOG_S
        for wire, (at_s, source) in zip(one.message.readings, times, strict=True):
            identity = Identity(one.device, wire.boot, wire.seq)
            verdict = memory.judge(wire.boot, wire.seq)
            if verdict is Verdict.TOO_OLD:
                too_old.add(identity)
            elif verdict is Verdict.KNOWN:
                duplicates += 1
            else:
                reading = _reading(one.device, wire, at_s, source)
                duplicates += identity in new
                new[identity] = _settle_twins(new.get(identity), reading)
        _note_kept(kept, memory, one)
    bad = tuple(poison)
    settled = {Settled(p.device, b, s) for p in bad if p.device for b, s in p.settled}
    intake = Intake(
        now_ms=now_ms,
        events=events,
        readings=tuple(new[identity] for identity in sorted(new)),
        kept=tuple(Kept(device, boot, kept[device, boot]) for device, boot in sorted(kept)),
        settled=tuple(sorted(settled, key=lambda one: (one.device, one.boot, one.seq))),
        duplicates=duplicates,
        quarantined=len(bad) + len(too_old),
        backlog=backlog,
    )
    return Admission(intake, tuple(sorted(too_old)))


def _settle_twins(one: Reading | None, other: Reading) -> Reading:
    """Of two readings under one identity, the same one whichever came first."""
    return other if one is None else min(one, other, key=msgspec.json.encode)


def _note_kept(kept: dict[tuple[str, int], int], memory: DeviceMemory, heard: Heard) -> None:
    for boot, first in heard.message.kept:
        if memory.missing_below(boot, first):
            key = (heard.device, boot)
            kept[key] = max(first, kept.get(key, 0))


def _times(message: WireMessage, now_s: int) -> list[tuple[int, TimeSource]]:
    """When each reading was taken: a doubtful clock never costs a reading.

    Readings of a doubtful clock are placed by arrival, as far apart as the device says.
    """
    doubtful = [wire.at for wire in message.readings if _is_doubtful(wire, now_s)]
    newest = max(doubtful, default=0)
    times = []
    for wire in message.readings:
        if not _is_doubtful(wire, now_s):
            times.append((wire.at, TimeSource.DEVICE))
            continue
        before_s = newest - wire.at
        at_s = now_s - before_s if before_s <= LONGEST_KEPT_S else now_s
        times.append((at_s, TimeSource.ARRIVAL))
    return times


def _is_doubtful(wire: WireReading, now_s: int) -> bool:
    return wire.clock is Clock.NONE or wire.at < CLOCKS_BEGIN_S or wire.at > now_s + FUTURE_S


def _reading(device: str, wire: WireReading, at_s: int, source: TimeSource) -> Reading:
    return Reading(
        device=device,
        boot=wire.boot,
        seq=wire.seq,
        at_s=at_s,
        time_source=source,
        quality=wire.quality,
        distance_mm=wire.distance_mm,
        echoes=wire.echoes,
        spread_mm=wire.spread_mm,
        temperature_c=wire.temperature_c,
        battery_mv=wire.battery_mv,
        rssi_dbm=wire.rssi_dbm,
        tilt_deg=wire.tilt_deg,
    )
