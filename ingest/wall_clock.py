"""Whether the wall clock can be trusted: it may not step against the monotonic one.

While it cannot, the rules of time wait. Once it was steady for long enough the run's clock goes
by it again, never back (docs/decisions/0014-when-the-wall-clock-steps.md).
"""

import asyncio
from functools import partial
from typing import Final

import structlog

from ingest.alarm import Alarm
from ingest.station import Station
from ingest.waiting import first_of
from jemput.entry import ClockTrust
from jemput.fold.state import GroupState
from jemput.store.clock import WallClock

STEP_S: Final = 60.0
STEADY_S: Final = 600.0
"""A time client that still searches asks every minute or two, and is done within a few askings."""
LOOK_S: Final = 5.0


class WallWatch:
    """Compares the clocks against when the wall clock was last steady."""

    def __init__(self, wall_s: float, monotonic_s: float, *, trusted: bool) -> None:
        """Take both clocks now, and whether the group trusted the wall clock until now."""
        self.trusted = trusted
        self._offset_s = wall_s - monotonic_s
        self._since_s = monotonic_s

    def look(self, wall_s: float, monotonic_s: float) -> float | None:
        """How far the wall clock stepped, in seconds, or None; `trusted` says what follows.

        Many small steps in one direction are one step, however slowly they come.
        """
        stepped_s = wall_s - monotonic_s - self._offset_s
        if abs(stepped_s) > STEP_S:
            self._offset_s = wall_s - monotonic_s
            self._since_s = monotonic_s
            self.trusted = False
            return stepped_s
        if monotonic_s - self._since_s >= STEADY_S:
            self.trusted = True
        return None


async def watch_wall(
    station: Station,
    clock: WallClock,
    state: GroupState,
    stop: asyncio.Event,
    *,
    look_s: float = LOOK_S,
) -> None:
    """Tell the station whether the wall clock can be trusted, and let `clock` follow it.

    `state` is the group's at the start, before `station` runs: a distrust outlives a restart,
    and ends here; and a wall clock that says less than the journal said already is not trusted.
    """
    log = structlog.get_logger(__name__)
    trusted = state.clock_trusted
    ahead_s = clock.follow(not_before_ms=state.now_ms)
    if ahead_s < -STEP_S:
        log.error("wall_clock_behind", by_s=round(-ahead_s))
        station.note(ClockTrust(trusted=False), _behind(-ahead_s))
        trusted = False
    watch = WallWatch(*clock.clocks(), trusted=trusted)
    while not stop.is_set():
        stepped_s = watch.look(*clock.clocks())
        if stepped_s is not None:
            log.error("wall_clock_stepped", by_s=round(stepped_s))
            station.note(ClockTrust(trusted=False), _stepped(stepped_s))
        elif watch.trusted and not trusted:
            station.make(partial(_follow, clock))
        trusted = watch.trusted
        await first_of(stop, timeout_s=look_s)


def _follow(clock: WallClock) -> ClockTrust:
    ahead_s = clock.follow()
    structlog.get_logger(__name__).info("wall_clock_steady", for_s=STEADY_S, moved_s=round(ahead_s))
    return ClockTrust(trusted=True, moved_ms=round(ahead_s * 1000))


def _stepped(by_s: float) -> Alarm:
    return _alarm(f"this machine's clock stepped by {by_s:+.0f} s")


def _behind(by_s: float) -> Alarm:
    return _alarm(f"this machine's clock is {by_s:.0f} s behind what the journal says already")


def _alarm(what: str) -> Alarm:
    detail = (
        f"{what}: silence, age and expiry wait until it was steady for "
        f"{STEADY_S / 60:.0f} minutes; then the ingester goes by it again. Check NTP"
    )
    return Alarm("wall_clock", detail)
