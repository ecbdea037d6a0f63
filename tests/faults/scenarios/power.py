"""The power is cut: the process ends, and the disk forgets what was not synced."""

import asyncio
from pathlib import Path

from tests.faults.power import cut, is_all_synced
from tests.faults.scenario import Room, Setup
from tests.faults.world import World

room = Room()


# A disk that is written in Python is slow, and so its devices say no more than usual.
@room.holds(24, "power cut: what was not synced is gone", Setup(light=True))
async def power_cut(world: World) -> None:
    """Cut the ingester's power three times: of what is not synced, a drawn part is there again."""
    notes = world.folder / "unsynced"
    world.ingester.kill()
    world.ingester.launch(unsynced=str(notes))
    await world.start_ingester()
    unsynced = 0
    async with world.talking(100):
        for _ in range(3):
            await world.pause(0.6, 1.2)
            unsynced += await cut_in_a_commit(world, notes)
            await world.start_ingester()
    assert unsynced, "every write was synced, so nothing could vanish"


async def cut_in_a_commit(world: World, notes: Path) -> int:
    """Cut the power where something is not synced; how many writes that were."""
    async with asyncio.timeout(world.patience_s):
        world.ingester.freeze()
        while is_all_synced(notes):
            world.ingester.thaw()
            await world.pause(0.0, 0.02)
            world.ingester.freeze()
    world.ledger.engine.dispose()
    world.ingester.kill()
    return cut(notes, world.rng)
