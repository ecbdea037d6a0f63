"""Whether the wall clock can be trusted: it may not step against the monotonic one."""

import asyncio
import time
from collections.abc import Callable
from typing import Final

import structlog

from ingest.alarm import Alarm
from ingest.station import Station
from ingest.waiting import first_of
from jemput.entry import ClockTrust

STEP_S: Final = 60.0
STEADY_S: Final = 600.0
"""A time client that still searches asks every minute or two, and is done within a few askings."""
LOOK_S: Final = 5.0

Clocks = Callable[[], tuple[float, float]]
"""The wall clock and the monotonic one, in seconds."""


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


def both_clocks() -> tuple[float, float]:
    """This machine's."""
    return time.time(), time.monotonic()


async def watch_wall(
    station: Station,
    trusted: bool,  # noqa: FBT001 - it is the state's word
    stop: asyncio.Event,
    *,
    clocks: Clocks = both_clocks,
    look_s: float = LOOK_S,
) -> None:
    """Tell the station whether the wall clock can be trusted, until `stop`.

    `trusted` is what the group's state says: a distrust outlives a restart, and ends here.
    """
    log = structlog.get_logger(__name__)
    watch = WallWatch(*clocks(), trusted=trusted)
    while not stop.is_set():
        stepped_s = watch.look(*clocks())
        if stepped_s is not None:
            log.error("wall_clock_stepped", by_s=round(stepped_s))
            station.note(ClockTrust(trusted=False), _alarm(stepped_s))
        elif watch.trusted and not trusted:
            log.info("wall_clock_steady", for_s=STEADY_S)
            station.note(ClockTrust(trusted=True))
        trusted = watch.trusted
        await first_of(stop, timeout_s=look_s)


def _alarm(stepped_s: float) -> Alarm:
    detail = (
        f"this machine's clock stepped by {stepped_s:+.0f} s: silence, age and expiry wait until "
        f"it was steady for {STEADY_S / 60:.0f} minutes. The ingester goes on by the time it "
        "started with: check NTP, then restart it"
    )
    return Alarm("wall_clock", detail)
