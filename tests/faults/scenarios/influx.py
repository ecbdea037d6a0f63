"""InfluxDB goes away, hangs, or refuses."""

import asyncio

from tests.faults.scenario import Room, Setup
from tests.faults.world import World

room = Room()


@room.holds(4, "InfluxDB down and back", Setup(influx=True))
async def influx_down(world: World) -> None:
    """Stop InfluxDB for some seconds while devices speak, and kill the ingester meanwhile."""
    assert world.influx is not None
    async with world.talking():
        await world.pause(0.3, 0.6)
        world.influx.kill()
        await world.pause(0.5, 1.0)
        world.ingester.kill()
        await world.start_ingester()
        await world.pause(0.5, 1.0)
        await asyncio.to_thread(world.influx.start)
