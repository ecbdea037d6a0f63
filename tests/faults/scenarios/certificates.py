"""The broker's certificate is renewed, in time or too late."""

import asyncio

from tests.faults.scenario import Room, Setup
from tests.faults.world import World

room = Room()


@room.holds(31, "nats-server's certificate renewed, in time and too late", Setup(tls=True))
async def renewed(world: World) -> None:
    """Renew the certificate while devices speak; then let one expire, and renew that."""
    assert world.tls is not None
    async with world.talking():
        await world.pause(0.3, 0.6)
        world.tls.renew()
        await _reread(world)
        await _link_again(world)
        world.tls.expire()
        await _reread(world)
        world.link.cut()
        await world.until(lambda: "certificate has expired" in _said(world), "what is wrong")
        assert world.ingester.runs, "it ended because of a certificate"
        before = world.ledger.links_up
        world.tls.renew()
        await _reread(world)
        await world.relinked(before)


room.holds(
    31,
    "Mosquitto's certificate renewed, in time and too late",
    Setup("mosquitto", tls=True),
    quick=False,
)(renewed)


async def _reread(world: World) -> None:
    await asyncio.to_thread(world.broker.reread)


async def _link_again(world: World) -> None:
    before = world.ledger.links_up
    world.link.cut()
    await world.relinked(before)


def _said(world: World) -> str:
    return world.ingester.log.read_text(errors="replace")
