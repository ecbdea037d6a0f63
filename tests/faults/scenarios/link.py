"""The link between the ingester and the broker."""

import asyncio
import os
import resource

from tests.faults.scenario import Room, Setup
from tests.faults.world import World

room = Room()


@room.holds(14, "connection reset")
async def resets(world: World) -> None:
    """Reset every connection of the ingester eight times while devices speak."""
    async with world.talking(messages_s=150):
        for _ in range(8):
            await world.pause(0.1, 0.5)
            world.link.cut()


@room.holds(14, "connection reset after every few bytes")
async def resets_by_bytes(world: World) -> None:
    """Reset the link within packets: after so many bytes, a few more each time."""
    async with world.talking(messages_s=100):
        for number in range(8):
            world.link.cut_after(world.rng.randint(1, 40) + 150 * number)
            await asyncio.sleep(0.25)
        world.link.cut_after(None)


@room.holds(15, "half-open link, then reset", quick=False)
async def half_open(world: World) -> None:
    """For three seconds what is sent vanishes without a word; then the link is reset."""
    async with world.talking():
        world.link.freeze()
        await asyncio.sleep(3)
        world.link.thaw()


@room.holds(15, "half-open link, found by the keepalive", quick=False)
async def half_open_for_long(world: World) -> None:
    """What is sent vanishes; the ingester has to notice by itself that nobody is there."""
    async with world.talking(20):
        before = world.link.accepted
        world.link.freeze()
        await world.until(lambda: world.link.accepted > before, "a new connection", 60)
        world.link.thaw()


@room.holds(16, "slow link, in tiny pieces", Setup(light=True))
async def slow(world: World) -> None:
    """Everything comes late and in pieces of one to nine bytes."""
    world.link.pieces = world.rng
    async with world.talking(20, 2):
        await asyncio.sleep(2.5)
    await asyncio.sleep(1)
    world.link.pieces = None
    world.healed()


@room.holds(18, "said again after a reconnect, with a full window", Setup(ack_wait_s=5))
async def redelivery(world: World) -> None:
    """The link is reset three times while the database is stuck and nothing is acknowledged."""
    async with world.talking(150):
        for _ in range(3):
            with world.locked():
                await asyncio.sleep(0.6)
                world.link.cut()
                await asyncio.sleep(0.4)


@room.holds(28, "no file descriptors left", quick=False)
async def no_descriptors(world: World) -> None:
    """The ingester may open no more files, and its link is reset; later it may again."""
    pid = world.ingester.process.pid
    usual = resource.prlimit(pid, resource.RLIMIT_NOFILE)
    async with world.talking():
        await asyncio.sleep(0.5)
        in_use = len(os.listdir(f"/proc/{pid}/fd"))  # noqa: PTH208 - no path of ours
        resource.prlimit(pid, resource.RLIMIT_NOFILE, (in_use - 1, usual[1]))
        world.link.cut()
        await asyncio.sleep(2.5)
        assert world.ingester.runs, "it ended for want of a file descriptor"
        resource.prlimit(pid, resource.RLIMIT_NOFILE, usual)
