"""Whoever is to be told cannot be reached, or answers so that nobody knows."""

import asyncio

from tests.faults.scenario import Room
from tests.faults.world import World

room = Room()


@room.holds(42, "nobody answers the alerts")
async def receiver_down(world: World) -> None:
    """The receiver of alerts refuses, then hears but answers 503; the ingester is killed."""
    async with world.talking():
        world.receiver.refuses = True
        await asyncio.sleep(1.2)
        world.ingester.kill()
        world.receiver.refuses, world.receiver.mumbles = False, True
        await world.start_ingester()
        await world.until(lambda: bool(world.receiver.pickups), "the first alert")
        await asyncio.sleep(0.5)
        world.receiver.mumbles = False
