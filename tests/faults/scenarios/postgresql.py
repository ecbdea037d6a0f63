"""The same on PostgreSQL, which can also end by itself."""

import asyncio

from sqlalchemy import text

from tests.faults.scenario import Room, Setup
from tests.faults.scenarios.crash import kill_at_random
from tests.faults.world import World

room = Room()
ON_POSTGRESQL = Setup(postgresql=True)
FROZEN = Setup(postgresql=True, light=True)

room.holds(1, "PostgreSQL: ingester killed at random", ON_POSTGRESQL)(kill_at_random)


# Light: nobody hears for a while, and a device that says more than a window in that time
# finds its oldest readings, said again by the broker behind newer ones, too old to tell.
@room.holds(17, "PostgreSQL: frozen with the lock", FROZEN, quick=False)
async def frozen_with_lock(world: World) -> None:
    """An ingester is frozen inside its transaction; another has to be able to take over."""
    assert world.postgresql is not None
    async with world.talking(100):
        first, world.ingester = world.ingester, world.spare_ingester()
        held = text("SELECT count(*) FROM pg_locks WHERE mode = 'RowShareLock' AND granted")
        try:
            for _ in range(200):
                first.freeze()
                with world.ledger.engine.connect() as connection:
                    if connection.execute(held).scalar_one():
                        break
                first.thaw()
                await world.pause(0.0, 0.02)
            await world.start_ingester()
        finally:
            first.kill()


@room.holds(43, "PostgreSQL killed and back", ON_POSTGRESQL, quick=False)
async def postgresql_killed(world: World) -> None:
    """PostgreSQL is killed while devices speak, and comes back after two seconds."""
    assert world.postgresql is not None
    async with world.talking(30):
        await world.pause(0.3, 0.6)
        world.postgresql.kill()
        world.ledger.engine.dispose()
        await asyncio.sleep(2)
        await asyncio.to_thread(world.postgresql.start)
        assert world.ingester.runs, "it ended because the database was away"
