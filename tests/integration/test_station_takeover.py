"""Two ingesters on one group: one goes on, the other says so and ends."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import aiomqtt
import pytest
from sqlalchemy import Engine, text

from firmware.payload import encode_message
from ingest.acks import Acks
from ingest.client_ids import ClientIds
from ingest.mqtt.session import Address
from ingest.ownership import Ownership
from ingest.speaking import Speaker
from ingest.station import Station
from ingest.writer import Writer
from jemput import topics
from jemput.broker.account import INGEST
from jemput.cli.running import make_ear
from jemput.entry import Link
from jemput.store.clock import RunClock
from jemput.store.database import create_tables, open_database, writing
from jemput.store.journal import Journal, TakenOverError
from jemput.store.registry import RegistryStore
from tests.builders import START_S, town
from tests.faults.brokers import GATEWAY, PASSWORD, make_broker
from tests.faults.ingester import Ingester
from tests.servers import HOST

GROUP = "main"


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    """A database of its own, with a small town."""
    made = open_database(f"sqlite:///{tmp_path / 'jemput.db'}")
    create_tables(made)
    RegistryStore(made, GROUP).change(town(["b1"]), by="test", now_ms=0)
    return made


@pytest.fixture
async def told(tmp_path: Path, engine: Engine) -> AsyncIterator[dict[str, str]]:
    """Settings of an ingester whose broker runs."""
    broker = make_broker("nats", tmp_path / "broker", ack_wait_s=2)
    await asyncio.to_thread(broker.start)
    yield {
        "JEMPUT_DATABASE_URL": str(engine.url),
        "JEMPUT_MQTT_PORT": str(broker.port),
        "JEMPUT_MQTT_USERNAME": INGEST,
        "JEMPUT_MQTT_PASSWORD": PASSWORD,
    }
    await asyncio.to_thread(broker.stop)


def links(engine: Engine) -> list[bool]:
    """Each time hearing began or ended."""
    events = (one for entry in Journal(engine, GROUP).entries() for one in entry.intake.events)
    return [one.up for one in events if isinstance(one, Link)]


def readings(engine: Engine) -> list[int]:
    """What is in the journal."""
    entries = Journal(engine, GROUP).entries()
    return [one.seq for entry in entries for one in entry.intake.readings]


async def until_linked(engine: Engine, count: int) -> None:
    """Wait for hearing to have begun so often."""
    async with asyncio.timeout(60):
        while links(engine).count(True) < count:  # noqa: ASYNC110 - another process tells
            await asyncio.sleep(0.05)


async def say(told: dict[str, str], seq: int) -> None:
    """A device speaks."""
    port = int(told["JEMPUT_MQTT_PORT"])
    when = {"boot": 1, "seq": seq, "at": START_S, "clock": "ntp"}
    reading = {**when, "quality": "no_echo", "echoes": 0, "spread_mm": 0}
    async with aiomqtt.Client(HOST, port, username=GATEWAY, password=PASSWORD) as client:
        payload = encode_message([reading], [(1, 1)])
        await client.publish(topics.reading("coblong", "d-b1"), payload, qos=1)


async def test_the_one_that_was_replaced_ends_with_one_sentence_and_never_comes_back(
    tmp_path: Path, told: dict[str, str], engine: Engine
) -> None:
    first = Ingester(told, tmp_path / "first.log")
    second = Ingester(told, tmp_path / "second.log")
    try:
        first.start()
        await until_linked(engine, 1)
        await first.freeze_between_commits(tmp_path / "jemput.db")
        second.start()
        await until_linked(engine, 2)
        first.thaw()
        code = await asyncio.to_thread(first.process.wait, 60)
        await say(told, 1)
        async with asyncio.timeout(30):
            while readings(engine) != [1]:  # noqa: ASYNC110 - another process tells
                await asyncio.sleep(0.05)
        answered = await asyncio.to_thread(second.stop)
    finally:
        first.kill()
        second.kill()

    said = first.log.read_text()
    assert code == 2
    assert said.count("another ingester has this group now, so this one stops") == 1
    assert "Traceback" not in said
    assert links(engine).count(True) == 2, "the first one threw the second one out"
    assert answered == 0


async def test_an_ear_whose_group_is_gone_does_not_reconnect(
    tmp_path: Path, engine: Engine
) -> None:
    broker = make_broker("nats", tmp_path / "broker", ack_wait_s=2)
    await asyncio.to_thread(broker.start)
    writer = Writer(engine, GROUP)
    writer.take_over()
    address = Address(HOST, broker.port, INGEST, PASSWORD)
    station = Linked(writer, Acks(Speaker(address, "speaks"), RunClock.wall()))
    hearing = asyncio.create_task(make_ear(address, "hears", station, writer).listen())
    async with asyncio.timeout(10):
        while not station.links:  # noqa: ASYNC110 - it notes each
            await asyncio.sleep(0.01)
    Writer(engine, GROUP).take_over()
    await asyncio.to_thread(broker.stop)
    await asyncio.to_thread(broker.start)
    try:
        async with asyncio.timeout(10):
            with pytest.raises(TakenOverError):
                await hearing
    finally:
        await asyncio.to_thread(broker.stop)

    assert station.links == [True, False]


class Linked(Station):
    """A station that is never run, and notes its links."""

    def __init__(self, writer: Writer, acks: Acks) -> None:
        super().__init__(writer, RunClock.wall(), acks, lambda: None)
        self.links: list[bool] = []

    def on_link(self, *, up: bool) -> None:
        """Note it."""
        self.links.append(up)


async def test_nobody_connects_whose_group_it_is_not(engine: Engine) -> None:
    first, second = Writer(engine, GROUP), Writer(engine, GROUP)
    first.take_over()
    await Ownership(first).may_connect()
    second.take_over()

    await Ownership(second).may_connect()
    with pytest.raises(TakenOverError, match="group main is at epoch 2; this is 1"):
        await Ownership(first).may_connect()


async def test_while_the_database_does_not_say_whose_it_is_nobody_connects(engine: Engine) -> None:
    writer = Writer(engine, GROUP)
    writer.take_over()
    with writing(engine) as connection:
        connection.execute(text("ALTER TABLE journal_group RENAME TO elsewhere"))

    asking = asyncio.create_task(Ownership(writer, retry_s=0.05).may_connect())
    await asyncio.sleep(0.3)
    assert not asking.done()
    with writing(engine) as connection:
        connection.execute(text("ALTER TABLE elsewhere RENAME TO journal_group"))

    async with asyncio.timeout(2):
        await asking


def test_names_at_the_broker_are_drawn_once_and_differ_between_groups(engine: Engine) -> None:
    ours, others = Writer(engine, GROUP), Writer(engine, "others")
    ours.take_over()
    others.take_over()
    drawn, again, theirs = ClientIds.of(ours), ClientIds.of(ours), ClientIds.of(others)

    assert drawn == again
    assert len({*drawn, *theirs}) == 4
    assert all(len(one) <= 23 and one.isalnum() for one in (*drawn, *theirs))
