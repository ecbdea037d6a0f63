"""Everybody at once: thousands of devices lose the broker, and come back to it."""

import asyncio
from typing import Final

from tests.faults.brokers import gateway_address
from tests.faults.herd import Herd
from tests.faults.scenario import Room, Setup
from tests.faults.world import World

room = Room()
DEVICES: Final = 2000
LONG_S: Final = 90.0


async def blackout(world: World) -> None:
    """Two thousand devices, each on its own connection, lose the broker and come back at once."""
    herd = Herd(gateway_address(world.broker.port), world.oracle, world.devices, world.rng)
    # A reading that comes before its device hangs on a bin is in history under none, too.
    await world.until(world.ledger.knows_registry, "the registry")
    herd.take(3)
    async with herd.connected():
        await world.until(lambda: herd.links == DEVICES, "every device's connection", LONG_S)
        await world.until(lambda: len(world.ledger.counts) > DEVICES, "what many said", LONG_S)
        world.broker.kill()
        herd.take(2)
        await world.pause(1.0, 2.0)
        world.ingester.kill()
        await asyncio.to_thread(world.broker.start)
        await world.start_ingester()
        world.healed()
        await world.until(lambda: herd.links == DEVICES, "every device's connection again", LONG_S)
        herd.take(1)
        obliged = world.oracle.obliged
        await world.until(
            lambda: obliged <= world.ledger.counts.keys(), "what everybody said", LONG_S
        )


@room.holds(32, "two thousand devices come back: nats-server", Setup(bins=DEVICES), quick=False)
async def on_nats(world: World) -> None:
    """Two thousand devices, each on its own connection, lose nats-server and come back at once."""
    await blackout(world)


@room.holds(
    32, "two thousand devices come back: Mosquitto", Setup("mosquitto", bins=DEVICES), quick=False
)
async def on_mosquitto(world: World) -> None:
    """Two thousand devices, each on its own connection, lose Mosquitto and come back at once."""
    await blackout(world)
