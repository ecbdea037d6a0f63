"""Another version comes, and goes again: what was written before stands."""

import asyncio
import json

from jemput.store.schema import SCHEMA_REVISION
from tests.faults.ingester import JEMPUT
from tests.faults.scenario import Room
from tests.faults.world import World

room = Room()
REVISION_BEFORE = "0002"


@room.holds(36, "upgrade and rollback in mid-stream", quick=False)
async def upgrade(world: World) -> None:
    """An older fold is replaced by this one, comes back, and goes; the tables go down and up."""
    world.ingester.kill()
    world.ingester.launch(older="yes")
    await world.start_ingester()
    async with world.talking():
        for older in ("", "yes", ""):
            await world.pause(0.6, 1.0)
            await _migrate(world)
            world.ingester.launch(older=older)
            await world.start_ingester()
        await world.pause(0.3, 0.6)
    for device in world.devices:  # what an older rule passed over is judged with a fresh reading
        world.fleet.say(device)
    await world.fleet.all_told()
    report = json.loads(await _jemput(world, "journal", "verify", "--json"))
    assert report["checked"], "no entry is of the older fold"
    assert report["folded"], "no entry is of this fold"


async def _migrate(world: World) -> None:
    """Down under the running ingester, which ends, and up again; without any checkpoint."""
    await _jemput(world, "db", "migrate", "--yes", "--to", REVISION_BEFORE)
    await world.until(lambda: not world.ingester.runs, "the end of the ingester that is replaced")
    await _jemput(world, "db", "migrate", "--to", SCHEMA_REVISION)
    with world.locked() as database:
        database.execute("DELETE FROM checkpoint")


async def _jemput(world: World, *words: str) -> str:
    """Run a command on the town's database; what it says."""
    url = world.ingester.told["JEMPUT_DATABASE_URL"]
    process = await asyncio.create_subprocess_exec(
        *JEMPUT,
        *words,
        "--database",
        url,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    said, problem = await process.communicate()
    assert process.returncode == 0, f"{' '.join(words)}: {(said + problem).decode()[-500:]}"
    return said.decode()
