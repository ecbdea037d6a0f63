"""What devices do: say things twice, in any order, late, with doubtful clocks, too much."""

import asyncio
import time

from ingest.rates import BURST
from jemput.memory import WINDOW
from tests.faults.scenario import Room, Setup
from tests.faults.world import World

room = Room()
HOUR_S = 3600


@room.holds(20, "duplicates, reboots, new boots")
async def duplicates(world: World) -> None:
    """Devices reboot under new boots and say everything up to four times; a kill in between."""
    said = []
    for boot in (1, 2, 77):
        for device in world.devices:
            said += [world.fleet.say(device, world.rng.randint(1, 6), boot=boot) for _ in range(3)]
    again = [one for one in said for _ in range(world.rng.randint(1, 3))]
    world.rng.shuffle(again)
    for one in again[: len(again) // 2]:
        world.fleet.send(one)
    await world.fleet.all_told()
    await asyncio.sleep(1.2)  # the checkpoint is written by now
    world.ingester.kill()
    await world.start_ingester()
    for one in again[len(again) // 2 :]:
        world.fleet.send(one)
    await world.fleet.all_told()


@room.holds(26, "doubtful clocks")
async def clocks(world: World) -> None:
    """Devices that live in 1970, or a day ahead: not one reading is refused."""
    ahead_s = int(time.time()) + 86_400
    async with world.talking(20):
        for number in range(60):
            device = world.rng.choice(world.devices)
            at_s = ahead_s + number if number % 2 else number
            taken = world.oracle.mint(device, 5, at_s=at_s)
            world.oracle.doubtful.add(taken)
            world.fleet.send((taken,))
            await asyncio.sleep(0.02)


@room.holds(34, "flapping, doubled and out of order")
async def flapping(world: World) -> None:
    """Levels jump around the threshold, come twice and in any order: one pickup a bin."""
    taken = [
        world.oracle.mint(device, 3, fill=95 if number % 3 else 62)
        for device in sorted(world.oracle.full)
        for number in range(40)
    ]
    said = taken * 2
    world.rng.shuffle(said)
    for one in said:
        world.fleet.send((one,))
        if world.rng.random() < 0.1:
            await asyncio.sleep(0.02)
    await world.fleet.all_told()
    await world.heard(len(taken))
    for device in sorted(world.oracle.full):  # in any order, so it takes one more fresh reading
        world.fleet.say(device, 1, 3, fill=95, at_s=world.oracle.start_s)
    await world.fleet.all_told()


@room.holds(38, "a flood from one device")
async def flood(world: World) -> None:
    """One device says 1,500 messages as fast as it can; the others are heard all the same."""
    for _ in range(1500):
        world.fleet.say("d-b12")
    await asyncio.sleep(0.5)
    others = [world.fleet.say(device)[0] for device in world.devices[:-1]]
    await world.fleet.all_told()
    await world.until(lambda: set(others) <= set(world.ledger.counts), "the others' readings", 10)


@room.holds(38, "a flood beyond what a device may say", quick=False)
async def excess(world: World) -> None:
    """One device says more than any honest one: the excess is set aside, the others are heard."""
    for _ in range(BURST + 1000):
        world.fleet.say("d-b12")
    await world.heard(BURST // 8)
    others = [world.fleet.say(device)[0] for device in world.devices[:-1]]
    await world.fleet.all_told(4 * world.patience_s)
    await world.until(lambda: set(others) <= set(world.ledger.counts), "the others' readings")
    await world.until(lambda: _over_rate(world) > 0, "the excess in quarantine")
    taken = sum(one.device == "d-b12" for one in world.ledger.counts)
    assert taken >= WINDOW, f"an honest device keeps up to {WINDOW}, and {taken} were taken"


def _over_rate(world: World) -> int:
    return sum(reason == "rate" for _, reason, _, _ in world.ledger.quarantined())


@room.holds(40, "batches of kept readings after a long outage", Setup(keeps=True))
async def kept_batches(world: World) -> None:
    """Every device sends 300 kept readings of the last two days, and the ingester is killed."""
    now_s = int(time.time())
    for number in range(3):
        for device in world.devices:
            old_s = now_s - 49 * HOUR_S + number * 16 * HOUR_S
            batch = [world.oracle.mint(device, at_s=old_s + 570 * i) for i in range(100)]
            world.fleet.send(tuple(batch))
        await world.pause(0.1, 0.3)
    world.ingester.kill()
    await world.start_ingester()
    async with world.talking(30):
        await asyncio.sleep(1)


@room.holds(41, "old news calls nobody")
async def old_news(world: World) -> None:
    """Bins that were full ten hours ago and were emptied since: no truck goes."""
    now_s = int(time.time())
    for device in sorted(set(world.devices) - world.oracle.full):
        for hours, fill in ((10, 90), (8, 12), (1, 15)):
            at_s = now_s - hours * HOUR_S
            for number in range(4):
                world.fleet.say(device, at_s=at_s + 60 * number, fill=fill)
            await world.fleet.all_told()
            await asyncio.sleep(0.15)
    async with world.talking():
        await asyncio.sleep(0.5)
