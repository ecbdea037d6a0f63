"""The station between a link that breaks and a broker that does not answer."""

import asyncio
from pathlib import Path

from ingest.acks import Acks
from ingest.hearing import Heard, Receipt
from ingest.mqtt.session import Address
from ingest.speaking import Speaker
from ingest.station import Station
from ingest.writer import Writer
from jemput import topics
from jemput.store.clock import RunClock
from jemput.store.database import create_tables, open_database
from tests.servers import HOST, free_port

PAYLOAD = (
    b'{"v":1,"readings":[{"boot":7,"seq":%d,"at":1790000000,"clock":"ntp",'
    b'"quality":"no_echo","echoes":0,"spread_mm":0}],"kept":[[7,1]]}'
)


def heard(seq: int) -> Heard:
    """One message of a device."""
    return Heard(topics.reading("site", "dev-1"), PAYLOAD % seq, False, Receipt(1, seq))  # noqa: FBT003 - retained


async def test_what_was_heard_is_committed_though_link_and_broker_are_gone(
    tmp_path: Path,
) -> None:
    engine = open_database(f"sqlite:///{tmp_path / 'jemput.db'}")
    create_tables(engine)
    writer, stop = Writer(engine, "main"), asyncio.Event()
    writer.take_over()
    clock = RunClock.wall()
    acks = Acks(Speaker(Address(HOST, free_port()), "nobody-hears"), clock)
    committed = asyncio.Event()
    station = Station(writer, clock, acks, committed.set)

    async with asyncio.TaskGroup() as tasks:
        telling = tasks.create_task(acks.run(stop))
        running = tasks.create_task(station.run(stop))
        station.on_heard([heard(1)])
        station.on_link(up=False)
        await asyncio.sleep(0.5)
        station.on_heard([heard(2)])
        committed.clear()
        async with asyncio.timeout(3):
            await committed.wait()
        stop.set()
        await running
        telling.cancel()

    assert writer.fold.state.devices["dev-1"].upto() == [(7, 2)]
