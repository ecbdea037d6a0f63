"""The database: locked, full, refusing, failing, damaged."""

import asyncio
import contextlib
from pathlib import Path
from sqlite3 import connect

from tests.faults.scenario import Room, Setup
from tests.faults.scenarios.crash import under_strace
from tests.faults.world import World

room = Room()


@room.holds(21, "disk full", Setup(small_disk=True))
async def disk_full(world: World) -> None:
    """The database's disk is full for some seconds: nothing is acknowledged, nobody dies."""
    async with world.talking():
        await world.pause(0.3, 0.6)
        filler = world.database.parent / "filler"
        _fill(filler)
        await asyncio.sleep(3)
        assert world.ingester.runs, "it ended because the disk was full"
        filler.unlink()


def _fill(file: Path) -> None:
    """Write until there is no room left."""
    with file.open("wb", buffering=0) as filler, contextlib.suppress(OSError):
        while True:
            filler.write(bytes(4096))


@room.holds(22, "the disk fails: EIO at a sync", quick=False)
async def sync_fails(world: World) -> None:
    """Some of the database's syncs fail; what was not synced is not told."""
    world.ingester.kill()
    first = world.rng.randint(4, 8)
    world.ingester.under = under_strace("fdatasync", "error=EIO", f"{first}..{first + 3}")
    await world.start_ingester()
    async with world.talking(30):
        await asyncio.sleep(4)
    world.ingester.kill()
    world.ingester.under = ()
    await world.start_ingester()


@room.holds(22, "the database refuses commits")
async def commits_refused(world: World) -> None:
    """The database cannot take any entry of the journal for some seconds."""
    refuse = "BEFORE INSERT ON journal BEGIN INSERT INTO missing VALUES (1); END"
    async with world.talking():
        await world.pause(0.2, 0.5)
        with world.locked() as database:
            database.execute(f"CREATE TRIGGER refuse {refuse}")
        await world.pause(1.0, 2.0)
        with world.locked() as database:
            database.execute("DROP TRIGGER refuse")
        await world.pause(0.5, 1.0)


@room.holds(23, "a damaged entry is said, not guessed over")
async def damaged(world: World) -> None:
    """A bit of an entry flips: the ingester says so and does not start, until it is mended."""
    async with world.talking():
        await world.pause(0.5, 0.8)
    await world.heard(len(world.oracle.obliged))
    world.ingester.kill()
    position = world.rng.randint(2, world.ledger.position)
    with contextlib.closing(connect(world.database, isolation_level=None)) as database:
        database.execute("DELETE FROM checkpoint")
        row = database.execute(
            "SELECT blob FROM journal WHERE position = ?", (position,)
        ).fetchone()
        flipped = bytearray(row[0])
        flipped[world.rng.randrange(len(flipped))] ^= 1
        put = "UPDATE journal SET blob = ? WHERE position = ?"
        database.execute(put, (bytes(flipped), position))
        world.ingester.start()
        await world.until(lambda: not world.ingester.runs, "the end over a damaged entry")
        assert world.ingester.process.returncode != 0
        said = world.ingester.log.read_text()
        assert f"entry {position} is damaged" in said, said[-500:]
        database.execute(put, (row[0], position))
    await world.start_ingester()
    async with world.talking():
        await world.pause(0.3, 0.5)


@room.holds(37, "database locked by another program")
async def locked(world: World) -> None:
    """Another program holds the write lock for seconds, several times; killed meanwhile once."""
    async with world.talking():
        for _ in range(2):
            with world.locked():
                await world.pause(1.0, 2.0)
            await world.pause(0.1, 0.3)
        with world.locked():
            await world.pause(0.5, 0.8)
            world.ingester.kill()
        await world.start_ingester()


@room.holds(37, "database locked for longer than patience", quick=False)
async def locked_for_long(world: World) -> None:
    """Another program holds the write lock for longer than SQLite waits."""
    async with world.talking(20):
        with world.locked():
            await asyncio.sleep(14)
        await world.pause(0.1, 0.3)


@room.holds(37, "database locked for long while alerts leave", quick=False)
async def locked_while_alerting(world: World) -> None:
    """The lock is held for longer than SQLite waits, while alerts are refused and tried again."""
    world.receiver.refuses = True
    async with world.talking(20):
        await world.pause(0.5, 0.8)
        with world.locked():
            await asyncio.sleep(14)
        world.receiver.refuses = False
        assert world.ingester.runs, "it ended because the database was locked"
