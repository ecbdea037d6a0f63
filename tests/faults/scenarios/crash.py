"""The ingester ends: at any moment, in the middle of a commit, in good order; and starts again."""

from contextlib import closing
from sqlite3 import connect

import pytest

from tests.faults.scenario import Room, Setup
from tests.faults.world import World
from tests.servers import find

room = Room()


@room.holds(1, "kill -9 at random moments")
async def kill_at_random(world: World) -> None:
    """Kill the ingester three times while devices speak."""
    async with world.talking():
        for _ in range(3):
            await world.pause(0.2, 0.9)
            world.ingester.kill()
            await world.start_ingester()


async def kill_at(world: World, call: str, when: int) -> None:
    """Kill the ingester as it enters a system call for the `when`th time; start it again."""
    world.ingester.kill()
    world.ingester.under = under_strace(call, "signal=KILL", str(when))
    world.ingester.start()
    await world.until(lambda: not world.ingester.runs, f"{call} number {when}")
    world.ingester.kill()
    world.ingester.under = ()
    await world.start_ingester()


def under_strace(call: str, fault: str, when: str) -> tuple[str, ...]:
    """Run a program so that some of its system calls fail."""
    strace = find("strace")
    if strace is None:
        pytest.skip("strace is not installed: sudo apt-get install strace")
    inject = f"inject={call}:{fault}:when={when}"
    return (str(strace), "-f", "-qq", "-o", "/dev/null", "-e", f"trace={call}", "-e", inject)


@room.holds(2, "kill -9 inside a commit")
async def kill_in_commit(world: World) -> None:
    """Kill the ingester as it syncs its log, at a drawn call."""
    async with world.talking():
        await kill_at(world, "fdatasync", world.rng.randint(2, 12))


@room.holds(2, "kill -9 inside a write of a commit", quick=False)
async def kill_in_write(world: World) -> None:
    """Kill the ingester as it writes its log, at drawn calls."""
    async with world.talking():
        for _ in range(3):
            await kill_at(world, "pwrite64", world.rng.randint(5, 60))


@room.holds(2, "kill -9 at every sync of a commit", quick=False)
async def kill_at_every_sync(world: World) -> None:
    """Kill the ingester as it syncs its log for the first, second, ... eighth time."""
    async with world.talking():
        for when in range(1, 9):
            await kill_at(world, "fdatasync", when)


@room.holds(3, "SIGTERM in mid-stream")
async def stop_in_mid_stream(world: World) -> None:
    """Ask the ingester to end while devices speak: it drains and says so by its exit code."""
    async with world.talking():
        await world.pause(0.3, 0.8)
        answered = world.ingester.stop()
        assert answered == 0, f"it ended with {answered}"
        await world.start_ingester()


@room.holds(25, "checkpoint and cursors deleted", Setup(influx=True))
async def checkpoint_deleted(world: World) -> None:
    """Kill the ingester, delete its checkpoint and its sinks' cursors, start it, say all again."""
    async with world.talking():
        await world.pause(0.8, 1.2)
    said = sorted(world.oracle.obliged)
    await world.heard(len(said))
    world.ingester.kill()
    with closing(connect(world.database, isolation_level=None)) as database:
        database.execute("DELETE FROM checkpoint")
        database.execute("DELETE FROM cursor")
    await world.start_ingester()
    for one in said:
        world.fleet.send((one,))
    async with world.talking():
        await world.pause(0.3, 0.5)


@room.holds(27, "restart with a backlog", Setup("mosquitto"))
async def backlog(world: World) -> None:
    """The ingester is away while 6,000 readings come in; killed once while it takes them."""
    world.ingester.kill()
    for _ in range(20):
        for device in world.devices:
            world.fleet.say(device, 25)
    await world.fleet.all_told()
    await world.start_ingester()
    await world.pause(0.0, 0.3)
    world.ingester.kill()
    await world.start_ingester()


@room.holds(17, "takeover by a second ingester", quick=False)
async def takeover(world: World) -> None:
    """A second ingester takes the group while devices speak: the first one ends."""
    async with world.talking():
        await world.pause(0.3, 0.6)
        first, world.ingester = world.ingester, world.spare_ingester()
        try:
            await world.start_ingester()
            await world.until(lambda: not first.runs, "the end of the ingester that was replaced")
        finally:
            first.kill()
        assert world.ingester.runs, "the second ingester ended too"


@room.holds(17, "a zombie comes back")
async def zombie(world: World) -> None:
    """The first ingester is frozen, replaced, and thawed: it never commits again, and ends."""
    async with world.talking():
        await world.pause(0.3, 0.6)
        first, world.ingester = world.ingester, world.spare_ingester()
        await first.freeze_between_commits(world.database)
        try:
            await world.start_ingester()
            await world.pause(0.3, 0.6)
            first.thaw()
            await world.until(lambda: not first.runs, "the end of the ingester that was replaced")
        finally:
            first.kill()
        assert world.ingester.runs, "the second ingester ended too"
