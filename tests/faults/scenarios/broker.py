"""The broker ends, and keeps or forgets what it acknowledged."""

import asyncio

from tests.faults.scenario import Room, Setup
from tests.faults.world import World

room = Room()


@room.holds(11, "broker forgets what it acknowledged", Setup("forgetful", keeps=True))
async def forgetful(world: World) -> None:
    """Mosquitto with its defaults is killed with a full queue; devices keep until the ack."""
    devices = world.devices
    world.ingester.freeze()
    for device in devices:
        world.fleet.say(device, 3)
    await world.fleet.all_told()
    world.broker.kill()
    world.ingester.kill()
    world.broker.start()
    world.fleet.silent |= set(devices)
    await world.start_ingester()
    for device in devices:
        world.fleet.say(device)
    await world.heard(len(devices))
    await asyncio.sleep(0.5)
    world.fleet.silent.clear()
    async with world.talking():
        await asyncio.sleep(2)


@room.holds(12, "broker killed, session kept: nats-server")
async def nats_killed(world: World) -> None:
    """Kill nats-server twice while devices speak and the ingester hears."""
    async with world.talking():
        for _ in range(2):
            await world.pause(0.3, 0.8)
            before = world.ledger.links_up
            world.broker.kill()
            await asyncio.to_thread(world.broker.start)
            await world.relinked(before)
