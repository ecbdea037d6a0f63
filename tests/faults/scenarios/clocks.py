"""The host's wall clock steps under the ingester: too early at boot, by NTP, by a day."""

import asyncio
import time
from typing import Final

from tests.faults.scenario import Room
from tests.faults.wall import MOVED, Host
from tests.faults.world import World

room = Room()
MINUTE_S: Final = 60.0
HOUR_S: Final = 3600.0
DAY_S: Final = 86_400.0
IN_2000_S: Final = 946_684_800.0


def moved_host(world: World) -> Host:
    """A host whose clock is right; the ingester lives on it from its next start on."""
    host = Host(world.folder / "wall")
    world.ingester.launch(**{MOVED.removeprefix("JEMPUT_TEST_").lower(): str(host.file)})
    return host


async def step(world: World, host: Host, by_s: float) -> None:
    """One step, which is noticed; then the clock is steady, and old news is told again."""
    host.set(host.ahead_s + by_s)
    await world.until(lambda: world.ledger.trusts[-1:] == [False], "the loss of trust")
    _tell_old_news(world)
    await world.until(lambda: world.ledger.trusts[-1:] == [True], "trust")
    _tell_old_news(world)


def _tell_old_news(world: World) -> None:
    """Bins were full ten hours ago and emptied since: no truck goes, whatever the host says."""
    now_s = int(time.time())
    for device in sorted(set(world.devices) - world.oracle.full):
        world.fleet.say(device, 4, 2, at_s=now_s - int(10 * HOUR_S), fill=95)
        world.fleet.say(device, 8, 2, at_s=now_s - int(9 * HOUR_S), fill=15)


async def called(world: World) -> None:
    """Wait until every full bin has its truck."""
    full = {device.removeprefix("d-") for device in world.oracle.full}
    await world.until(lambda: full <= set(world.ledger.pickups()), "every full bin's pickup")


@room.holds(26, "the host's clock steps by minutes and hours")
async def steps(world: World) -> None:
    """The clock steps ahead and back by minutes and hours; the ingester is killed meanwhile."""
    world.ingester.kill()
    host = moved_host(world)
    await world.start_ingester()
    async with world.talking():
        for by_s in (20 * MINUTE_S, -20 * MINUTE_S, -3 * HOUR_S, 3 * HOUR_S):
            await step(world, host, by_s * world.rng.uniform(0.9, 1.0))
        world.ingester.kill()
        await world.start_ingester()


@room.holds(26, "the host boots in the year 2000, and is set right in steps")
async def booted_too_early(world: World) -> None:
    """A host without a battery boots before 2020; its time client sets it right in three steps."""
    world.ingester.kill()
    host = moved_host(world)
    host.set(IN_2000_S - time.time())
    await world.start_ingester()
    async with world.talking():
        await world.until(lambda: world.ledger.trusts == [False], "the loss of trust")
        await called(world)
        for ahead_s in (-HOUR_S, 5 * MINUTE_S):
            host.set(ahead_s)
            await world.pause(0.3, 0.6)
        await step(world, host, -5 * MINUTE_S)
    assert world.ledger.trusts[-1:] == [True]
    assert world.ledger.trusts.count(True) == 1, "a clock that was still searched was trusted"


@room.holds(26, "the host's clock leaps a day, and is set right", quick=False)
async def leap(world: World) -> None:
    """The clock leaps a day ahead and stays there for a while; then it is set right again."""
    world.ingester.kill()
    host = moved_host(world)
    await world.start_ingester()
    async with world.talking():
        await called(world)
        await step(world, host, DAY_S)
        await world.until(lambda: _last_s(world) > time.time() + DAY_S - MINUTE_S, "that time")
        await asyncio.sleep(1)
        world.ingester.kill()
        await world.start_ingester()
        await step(world, host, -DAY_S)


def _last_s(world: World) -> float:
    """The time of the last entry."""
    return world.ledger.times_ms[-1] / 1000
