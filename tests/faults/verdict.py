"""The verdict: what was promised against what is there, from outside the ingester."""

import asyncio
import json
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TypeVar

from ingest.writer import TOO_OLD
from jemput.memory import WINDOW
from tests.faults.oracle import Identity
from tests.faults.points import points_in
from tests.faults.world import FRESH, World

T = TypeVar("T")
FRESH_S = 900
Place = tuple[str, int, int | None]
"""A row of history: device, time in nanoseconds, distance."""


@dataclass
class Verdict:
    """How one run ended. `notes` say in words what the numbers count."""

    obligations: int = 0
    lost: int = 0
    doubled: int = 0
    invented: int = 0
    recovery_s: float = 0.0
    notes: list[str] = field(default_factory=list)

    @property
    def is_good(self) -> bool:
        """Whether something was promised and all of it was kept."""
        return bool(self.obligations) and not (self.lost or self.doubled or self.invented)

    def count(self, kind: str, what: str, found: object, number: int) -> None:
        """Count `number` of one kind, and say which."""
        if number:
            setattr(self, kind, getattr(self, kind) + number)
            self.notes.append(f"{kind}: {number} {what}, such as {found}")


async def reach_verdict(world: World) -> Verdict:
    """Wait for recovery, see that a fresh reading still flows, and count."""
    if not world.healed_s:
        world.healed()
    recovered_s = await _settle(world, time.monotonic() + world.patience_s)
    fresh = world.fleet.say(FRESH)
    try:
        await world.until(
            lambda: fresh[0] in world.ledger.counts, "a fresh reading", world.patience_s / 2
        )
    except TimeoutError:
        recovered_s = time.monotonic() + world.patience_s
    await _settle(world, time.monotonic() + world.patience_s / 4)
    verdict = judge(world)
    verdict.recovery_s = round(recovered_s - world.healed_s, 2)
    if fresh[0] not in world.ledger.counts:
        verdict.count("lost", "fresh reading after it all", fresh[0], 1)
    return verdict


async def _settle(world: World, deadline_s: float) -> float:
    """Return when nothing is missing any more, or at the deadline."""
    while True:
        verdict = await asyncio.to_thread(judge, world)
        now_s = time.monotonic()
        if now_s > deadline_s or (not verdict.lost and not world.ledger.alerts_waiting()):
            return now_s
        await asyncio.sleep(0.1)


def judge(world: World) -> Verdict:
    """Compare now; what is on its way still counts as lost."""
    world.ledger.read_on()
    verdict = Verdict(obligations=len(world.oracle.obliged) + world.oracle.poison.total())
    history = _influx if world.influx else _history
    for part in (_journal, _epochs, _times, _quarantine, history, _pickups, _alerts):
        part(world, verdict)
    return verdict


def _journal(world: World, verdict: Verdict) -> None:
    oracle, ledger = world.oracle, world.ledger
    missing = oracle.obliged - ledger.counts.keys()
    missing -= _set_aside(world) if missing else set()
    verdict.count("lost", "readings promised and not in the journal", *_some(missing))
    verdict.count("doubled", "readings twice in the journal", *_some(ledger.twice))
    unknown = ledger.counts.keys() - oracle.minted
    verdict.count("invented", "readings that nobody took", *_some(unknown))
    came, ledger.unjudged = ledger.unjudged, []
    world.changed |= {one for one in came if one in oracle.minted and _is_changed(world, one)}
    verdict.count("invented", "readings that say something else", *_some(world.changed))


def _is_changed(world: World, one: Identity) -> bool:
    reading = world.ledger.readings[one]
    measured = world.oracle.measured(one)
    if any(getattr(reading, name) != value for name, value in measured.items()):
        return True
    if one in world.oracle.doubtful:
        return abs(reading.at_s - world.oracle.start_s) > 600
    return reading.at_s != world.oracle.device_time_s(one)


def _set_aside(world: World) -> set[Identity]:
    """Readings in quarantine, where that is right: over their device's rate, or too far behind."""
    found = set()
    for _, reason, device, payload in world.ledger.quarantined():
        named = _named(device, payload) if reason in {"rate", TOO_OLD} else set()
        if reason == "rate" or _are_behind(world, named):
            found |= named
    return found


def _named(device: str | None, payload: bytes) -> set[Identity]:
    wire = json.loads(payload)["readings"]
    return {Identity(device or "", one["boot"], one["seq"]) for one in wire}


def _are_behind(world: World, readings: set[Identity]) -> bool:
    """Whether their device said a window of readings more, so that none can be told any more."""
    highest = world.ledger.highest
    return all(one.seq <= highest[one.device, one.boot] - WINDOW for one in readings)


def _epochs(world: World, verdict: Verdict) -> None:
    """Whoever was replaced never wrote again."""
    epochs = world.ledger.epochs
    back = [later for earlier, later in pairwise(epochs) if later < earlier]
    verdict.count("doubled", "entries of a writer that was replaced", *_some(set(back)))


def _times(world: World, verdict: Verdict) -> None:
    """Time never went back, and made nobody silent."""
    times_ms = world.ledger.times_ms
    back = [later for earlier, later in pairwise(times_ms) if later < earlier]
    verdict.count("doubled", "entries before the one before them", *_some(set(back)))
    verdict.count("invented", "silences", *_some(set(world.ledger.silences)))


def _quarantine(world: World, verdict: Verdict) -> None:
    found = Counter(
        (topic, reason, payload)
        for topic, reason, device, payload in world.ledger.quarantined()
        if reason != TOO_OLD or not _are_behind(world, _named(device, payload))
    )
    told = Counter(
        {(one.topic, one.reason, one.payload): n for one, n in world.oracle.poison.items()}
    )
    allowed = {"rate", "retained", "influx_refused"}
    extra = Counter({key: n for key, n in (found - told).items() if key[1] not in allowed})
    verdict.count("lost", "messages neither taken nor in quarantine", *_some(told - found, short))
    verdict.count("doubled", "messages in quarantine that were not told", *_some(extra, short))


def short(key: tuple[str, str, bytes]) -> str:
    """A poison message in few words."""
    return f"{key[1]} on {key[0][:60]}: {key[2][:40]!r}"


def _history(world: World, verdict: Verdict) -> None:
    expected = _places(world)
    _compare(verdict, "history", expected, world.ledger.history())


def _influx(world: World, verdict: Verdict) -> None:
    refused = Counter(one[3] for one in world.ledger.quarantined() if one[1] == "influx_refused")
    twice = {line for line, count in refused.items() if count > 1}
    verdict.count("doubled", "refused rows twice in quarantine", *_some(twice))
    expected = _places(world)
    found = points_in(world.influx) if world.influx else Counter()
    for place in list(expected):
        if place not in found and any(str(place[1]).encode() in line for line in refused):
            del expected[place]
    _compare(verdict, "InfluxDB", expected, found)


def _places(world: World) -> Counter[Place]:
    """Where in history the readings of the journal belong."""
    return Counter(
        {
            (
                one.device,
                reading.at_s * 10**9 + one.boot % 1000 * 10**6 + one.seq % 10**6,
                reading.distance_mm,
            ): 1
            for one, reading in world.ledger.readings.items()
        }
    )


def _compare(verdict: Verdict, where: str, expected: Counter[Place], found: Counter[Place]) -> None:
    verdict.count("lost", f"readings missing in {where}", *_some(expected - found))
    extra = found - expected
    verdict.count("invented", f"rows too many in {where}", *_some(extra))


def _called(world: World) -> set[str]:
    """Bins that have to be called: of full devices that said something fresh."""
    fresh_s = world.oracle.start_s - FRESH_S
    readings = world.ledger.readings.items()
    heard = {one.device for one, reading in readings if reading.at_s > fresh_s}
    return {device.removeprefix("d-") for device in world.oracle.full & heard}


def _pickups(world: World, verdict: Verdict) -> None:
    found, called = world.ledger.pickups(), _called(world)
    verdict.count("lost", "full bins without a pickup", *_some(called - set(found)))
    verdict.count("invented", "pickups of bins that are not full", *_some(set(found) - called))
    twice = {one for one, count in found.items() if count > 1}
    verdict.count("doubled", "bins with two pickups", *_some(twice))


def _alerts(world: World, verdict: Verdict) -> None:
    receiver, called = world.receiver, _called(world)
    verdict.count("lost", "pickups that nobody was told of", *_some(called - receiver.bins))
    verdict.count("invented", "alerts of no pickup", *_some(receiver.bins - called))
    twice = {one for one, keys in receiver.pickups.items() if len(keys) > 1}
    verdict.count("doubled", "pickups told under two keys", *_some(twice))


def _some(found: set[T] | Counter[T], show: Callable[[T], object] = repr) -> tuple[object, int]:
    """One of them, and how many there are."""
    number = found.total() if isinstance(found, Counter) else len(found)
    return (show(next(iter(found))) if found else None), number
