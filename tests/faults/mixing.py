"""What may befall a town in a soak: one fault each, over when the function returns."""

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable
from typing import Final

from tests.faults.scenarios.poison import ROOT, put, wrong_payloads
from tests.faults.world import World

Fault = Callable[[World], Awaitable[None]]
_AGAIN: Final = 50


async def ingester_killed(world: World) -> None:
    """It ends without a word, and comes back after a while."""
    world.ingester.kill()
    await world.pause(0.0, 1.0)
    await world.start_ingester()


async def ingester_stopped(world: World) -> None:
    """It is asked to end, and does in good order."""
    answered = await asyncio.to_thread(world.ingester.stop)
    assert answered == 0, f"it ended with {answered}"
    await world.start_ingester()


async def checkpoint_gone(world: World) -> None:
    """It ends, and its checkpoint is gone."""
    world.ingester.kill()
    with world.ledger.engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM checkpoint")
    await world.start_ingester()


async def replaced(world: World) -> None:
    """A second ingester takes the group; the first one ends."""
    first, world.ingester = world.ingester, world.spare_ingester()
    try:
        await world.start_ingester()
        await world.until(lambda: not first.runs, "the end of the ingester that was replaced")
    finally:
        first.kill()


async def link_reset(world: World) -> None:
    """The link is reset, maybe in the middle of a packet."""
    world.link.cut_after(world.rng.randint(1, 2000))
    await world.pause(0.1, 0.5)
    world.link.cut_after(None)
    world.link.cut()


async def link_half_open(world: World) -> None:
    """What is sent vanishes for some seconds; then the link is reset."""
    world.link.freeze()
    await world.pause(0.5, 3.0)
    world.link.thaw()


async def link_slow(world: World) -> None:
    """Everything comes in pieces of a few bytes for a while."""
    world.link.pieces = world.rng
    await world.pause(0.2, 1.0)
    world.link.pieces = None


async def broker_killed(world: World) -> None:
    """The broker ends without a word, and starts again."""
    world.broker.kill()
    await world.pause(0.0, 1.0)
    await asyncio.to_thread(world.broker.start)


async def broker_and_ingester_killed(world: World) -> None:
    """Both end; the broker is back first."""
    world.ingester.freeze()
    await world.pause(0.0, 0.5)
    world.broker.kill()
    world.ingester.kill()
    await asyncio.to_thread(world.broker.start)
    await world.start_ingester()


async def alerts_refused(world: World) -> None:
    """Who is alerted refuses, or hears well and answers that they did not."""
    world.receiver.refuses = world.rng.random() < 0.5
    world.receiver.mumbles = not world.receiver.refuses
    await world.pause(0.5, 2.0)
    world.receiver.refuses = world.receiver.mumbles = False


async def said_again(world: World) -> None:
    """Devices say again what they were told is safe."""
    told = sorted(world.oracle.obliged, key=lambda one: -one.seq)[: 4 * _AGAIN]
    for one in world.rng.sample(told, min(_AGAIN, len(told))):
        world.fleet.send((one,))


async def poisoned(world: World) -> None:
    """What nobody can take, among what is taken."""
    seq = world.rng.randrange(10, 1_000_000)
    for payload, reason in wrong_payloads(seq):
        put(world, f"{ROOT}/d-b1/reading", payload, reason)


async def sqlite_locked(world: World) -> None:
    """Another program holds the write lock."""
    with world.locked():
        await world.pause(0.3, 3.0)


async def postgresql_killed(world: World) -> None:
    """The database ends without a word, and starts again."""
    assert world.postgresql is not None
    world.postgresql.kill()
    world.ledger.engine.dispose()
    await world.pause(0.0, 1.0)
    await asyncio.to_thread(world.postgresql.start)


async def influx_killed(world: World) -> None:
    """InfluxDB ends without a word, and starts again."""
    assert world.influx is not None
    world.influx.kill()
    await world.pause(0.0, 2.0)
    await asyncio.to_thread(world.influx.start)


async def influx_hangs(world: World) -> None:
    """InfluxDB stands still for a while; then its link is reset."""
    assert world.influx is not None
    assert world.influx_link is not None
    os.kill(world.influx.pid, signal.SIGSTOP)
    await world.pause(0.5, 2.0)
    world.influx_link.cut()
    os.kill(world.influx.pid, signal.SIGCONT)


async def influx_unanswered(world: World) -> None:
    """The link to InfluxDB is reset: was that write taken?"""
    assert world.influx_link is not None
    world.influx_link.cut_after(world.rng.randint(1, 4000))
    await world.pause(0.2, 0.5)
    world.influx_link.cut_after(None)


ANYWHERE: Final[tuple[Fault, ...]] = (
    ingester_killed,
    ingester_stopped,
    checkpoint_gone,
    replaced,
    link_reset,
    link_half_open,
    link_slow,
    broker_killed,
    broker_and_ingester_killed,
    alerts_refused,
    said_again,
)
ON_INFLUX: Final[tuple[Fault, ...]] = (influx_killed, influx_hangs, influx_unanswered)


def faults_of(world: World) -> tuple[Fault, ...]:
    """All that can befall this town. A broker that forgets would forget poison too."""
    database = sqlite_locked if world.postgresql is None else postgresql_killed
    kept = () if world.fleet.keeps else (poisoned,)
    return (*ANYWHERE, database, *kept, *(ON_INFLUX if world.influx else ()))
