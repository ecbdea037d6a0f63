"""Simulated devices on a real broker: what was published arrived, whatever went wrong."""

import asyncio
import dataclasses
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiomqtt
import pytest

from jemput import topics
from jemput.broker.nats import NatsServer
from simulator.broker_link import BrokerLink
from simulator.main import Run, RunError, Tally, simulate
from simulator.scenario import Scenario, load
from tests.integration.town_broker import (
    StandIn,
    access,
    eventually,
    town_broker,
    town_run,
)

SPEED = 3000  # a cadence of ten minutes is 0.2 s
DEVICES = 6


def few(name: str) -> Scenario:
    """The first devices of a scenario, and nobody to come."""
    scenario = load(name)
    return dataclasses.replace(scenario, bins=scenario.bins[:DEVICES], collectors=())


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[NatsServer]:
    """A broker that knows the devices."""
    with town_broker(tmp_path / "broker", few("quiet-week")) as running:
        yield running


@asynccontextmanager
async def running(run: Run, tally: Tally) -> AsyncIterator[None]:
    """The town lives inside; afterwards it has ended in good order."""
    stop, ready = asyncio.Event(), asyncio.Event()
    task = asyncio.create_task(simulate(run, stop, tally, ready))
    try:
        await asyncio.wait_for(ready.wait(), 20)
        yield
    finally:
        stop.set()
        await asyncio.wait_for(task, 20)


async def until_heard(stand_in: StandIn, tally: Tally) -> None:
    """Wait until nothing that was published is still on its way."""
    await eventually(
        lambda: len(stand_in.distinct) >= tally.readings_published, "what was published"
    )


async def test_on_a_quiet_day_everything_arrives_once_and_is_forgotten(broker: NatsServer) -> None:
    tally, stand_in = Tally(), StandIn(broker)
    async with stand_in.listening():
        async with running(town_run(broker, few("quiet-week"), speed=SPEED), tally):
            await asyncio.sleep(3)
        await until_heard(stand_in, tally)

    assert tally.readings_published > DEVICES * 8
    assert len(stand_in.heard) == len(stand_in.distinct) == tally.readings_published
    assert stand_in.messages == tally.messages_published
    assert (tally.duplicates_sent, tally.lost_on_air, tally.puback_lost) == (0, 0, 0)
    assert tally.kept_now < DEVICES * 4
    for bin_ in few("quiet-week").bins:
        seqs = stand_in.seqs(bin_.device)
        assert seqs == list(range(1, len(seqs) + 1))


async def test_without_acknowledgements_everything_is_kept(broker: NatsServer) -> None:
    tally, deaf = Tally(), StandIn(broker, may_ack=lambda _: False)
    async with deaf.listening(), running(town_run(broker, few("quiet-week"), speed=SPEED), tally):
        await asyncio.sleep(2)

    assert tally.kept_now == tally.readings_published > DEVICES * 5
    assert tally.duplicates_sent == 0


async def test_in_a_storm_what_was_doubled_and_lost_is_what_the_tally_says(
    broker: NatsServer,
) -> None:
    tally, stand_in = Tally(), StandIn(broker)
    async with stand_in.listening():
        async with running(town_run(broker, few("storm-of-duplicates"), speed=SPEED), tally):
            await asyncio.sleep(4)
        await until_heard(stand_in, tally)
        await asyncio.sleep(0.3)

    assert len(stand_in.distinct) == tally.readings_published
    assert len(stand_in.heard) == tally.readings_published + tally.duplicates_sent
    assert stand_in.messages == tally.messages_published
    assert tally.duplicates_sent > tally.readings_published / 4
    assert tally.lost_on_air > tally.messages_published / 12
    assert tally.puback_lost > tally.messages_published / 12


async def test_what_was_kept_while_the_broker_was_away_comes_when_it_is_back(
    broker: NatsServer,
) -> None:
    tally, stand_in = Tally(), StandIn(broker)
    async with stand_in.listening():
        async with running(town_run(broker, few("quiet-week"), speed=SPEED), tally):
            await asyncio.sleep(1)
            await asyncio.to_thread(broker.stop)
            before = tally.readings_published
            await asyncio.sleep(2)
            assert tally.readings_published == before
            assert tally.kept_now > DEVICES * 5
            await asyncio.to_thread(broker.start)
            await eventually(lambda: tally.readings_published > before + DEVICES * 20, "more", 20)
            await eventually(lambda: tally.kept_now < DEVICES * 4, "forgetting")
        await until_heard(stand_in, tally)

    assert tally.readings_published == len(stand_in.distinct)
    assert tally.messages_published < tally.readings_published - DEVICES * 4
    for bin_ in few("quiet-week").bins:
        seqs = stand_in.seqs(bin_.device)
        assert seqs == list(range(1, len(seqs) + 1))


async def test_a_link_that_breaks_while_it_is_ended_ends(
    broker: NatsServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    leave = aiomqtt.Client.__aexit__

    async def break_down(client: aiomqtt.Client, *_: object) -> None:
        await leave(client, None, None, None)
        raise aiomqtt.MqttError("the connection was lost")

    monkeypatch.setattr(aiomqtt.Client, "__aexit__", break_down)
    device = few("quiet-week").bins[0].device
    topic = topics.ack(few("quiet-week").site.id, device)
    link = BrokerLink(access(broker, device), topic, lambda _: None, asyncio.Semaphore(1))
    linked = asyncio.create_task(link.run())
    await asyncio.wait_for(link.connected.wait(), 20)

    linked.cancel()
    await asyncio.wait({linked}, timeout=20)

    assert linked.cancelled()


async def test_a_second_run_of_the_same_town_repeats_no_identity(broker: NatsServer) -> None:
    first, second = StandIn(broker), StandIn(broker)
    for stand_in in (first, second):
        tally = Tally()
        async with stand_in.listening():
            async with running(town_run(broker, few("quiet-week"), speed=SPEED), tally):
                await asyncio.sleep(0.7)
            await until_heard(stand_in, tally)

    assert len(first.distinct) >= DEVICES
    assert len(second.distinct) >= DEVICES
    assert not first.distinct & second.distinct


async def test_a_device_with_a_wrong_password_says_nothing_and_the_run_still_ends(
    broker: NatsServer,
) -> None:
    run = town_run(broker, few("quiet-week"), speed=SPEED)
    wrong = dataclasses.replace(run, passwords=dict.fromkeys(run.passwords, "wrong"))
    stop, tally = asyncio.Event(), Tally()
    task = asyncio.create_task(simulate(wrong, stop, tally))
    await asyncio.sleep(1)
    stop.set()
    await asyncio.wait_for(task, 10)

    assert tally.readings_published == 0
    assert tally.kept_now > 0


async def test_a_run_without_a_password_for_everybody_does_not_begin(broker: NatsServer) -> None:
    run = town_run(broker, few("quiet-week"), speed=SPEED)
    without = dataclasses.replace(run, passwords={"dev-001": "x"})

    with pytest.raises(RunError, match="no password for 'dev-002': add it"):
        await simulate(without, asyncio.Event(), Tally())
