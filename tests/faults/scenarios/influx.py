"""InfluxDB goes away, hangs, answers too late, or refuses."""

import asyncio
import os
import signal
import time

from tests.faults.points import ask, write
from tests.faults.scenario import Room, Setup
from tests.faults.world import World
from tests.servers import InfluxDb

room = Room()
WITH_INFLUX = Setup(influx=True)
DAY_S = 86_400


def influx_of(world: World) -> InfluxDb:
    """The server of a scenario that has one."""
    assert world.influx is not None
    return world.influx


async def with_database(world: World) -> InfluxDb:
    """The server, once the ingester made its database there."""
    influx = influx_of(world)
    await world.until(lambda: ["jemput"] in ask(influx, "SHOW DATABASES"), "the database")
    return influx


@room.holds(4, "InfluxDB down and back", WITH_INFLUX)
async def influx_down(world: World) -> None:
    """Kill InfluxDB for some seconds while devices speak, and kill the ingester meanwhile."""
    influx = influx_of(world)
    async with world.talking():
        await world.pause(0.3, 0.6)
        influx.kill()
        await world.pause(0.5, 1.0)
        world.ingester.kill()
        await world.start_ingester()
        await world.pause(0.5, 1.0)
        await asyncio.to_thread(influx.start)


@room.holds(5, "InfluxDB's answers are lost", WITH_INFLUX)
async def ambiguous_writes(world: World) -> None:
    """Cut the link to InfluxDB again and again, kill it once: was that write taken or not?"""
    influx = influx_of(world)
    assert world.influx_link is not None
    async with world.talking(100):
        for number in range(12):
            await world.pause(0.02, 0.3)
            world.influx_link.cut_after(world.rng.randint(1, 4000))
            if number == 6:
                influx.kill()
                await asyncio.to_thread(influx.start)
        world.influx_link.cut_after(None)


@room.holds(6, "InfluxDB hangs", WITH_INFLUX, quick=False)
async def influx_hangs(world: World) -> None:
    """Freeze InfluxDB for some seconds while devices speak, and reset the link to it."""
    influx = influx_of(world)
    assert world.influx_link is not None
    async with world.talking():
        os.kill(influx.pid, signal.SIGSTOP)
        await asyncio.sleep(2)
        world.influx_link.cut()
        await asyncio.sleep(1)
        os.kill(influx.pid, signal.SIGCONT)


@room.holds(9, "readings older than InfluxDB keeps", WITH_INFLUX)
async def beyond_retention(world: World) -> None:
    """InfluxDB keeps an hour: older readings are set aside in its words, the others are kept."""
    influx = await with_database(world)
    ask(influx, 'ALTER RETENTION POLICY "autogen" ON "jemput" DURATION 1h SHARD DURATION 1h')
    old_s = int(time.time()) - 2 * DAY_S
    async with world.talking():
        for number in range(20):
            world.fleet.say(world.rng.choice(world.devices), 1, 6, at_s=old_s + number)
            await asyncio.sleep(0.05)


@room.holds(10, "InfluxDB refuses single rows", WITH_INFLUX)
async def type_conflict(world: World) -> None:
    """A field has another type in last month's shard: those rows are set aside, alone."""
    influx = await with_database(world)
    old_s = int(time.time()) - 30 * DAY_S
    line = f'reading,bin=-,device=- tilt_deg="x" {old_s}000000000'.encode()
    write(influx, line)
    async with world.talking(100):
        for number in range(10):
            world.fleet.say(world.rng.choice(world.devices), 1, 6, at_s=old_s + number)
            await asyncio.sleep(0.05)
    ask(influx, 'DELETE FROM "reading" WHERE "device" = \'-\'')
