"""The station between a link that breaks and a broker that does not answer."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

import pytest
from sqlalchemy import text

from ingest import station as stations
from ingest import writer as writers
from ingest.acks import Acks
from ingest.hearing import Heard, Receipt
from ingest.mqtt.session import Address
from ingest.speaking import Speaker
from ingest.station import Station
from ingest.writer import Writer
from jemput import topics
from jemput.entry import Entry, Intake
from jemput.fold.fold import Fold
from jemput.store.clock import RunClock
from jemput.store.database import create_tables, open_database, writing
from tests.servers import HOST, free_port

PAYLOAD = (
    b'{"v":1,"readings":[{"boot":7,"seq":%d,"at":1790000000,"clock":"ntp",'
    b'"quality":"no_echo","echoes":0,"spread_mm":0}],"kept":[[7,1]]}'
)


def heard(seq: int) -> Heard:
    """One message of a device."""
    return Heard(topics.reading("site", "dev-1"), PAYLOAD % seq, False, Receipt(1, seq))  # noqa: FBT003 - retained


class Noting:
    """An ear that notes what it is to acknowledge."""

    def __init__(self) -> None:
        self.receipts: list[Receipt] = []

    async def listen(self) -> None:
        """Hear nothing."""

    def acknowledge(self, receipts: Sequence[Receipt]) -> None:
        """Note them."""
        self.receipts += receipts

    async def close(self) -> None:
        """Nothing is open."""


def make_station(folder: Path) -> tuple[Station, Writer, asyncio.Event]:
    """A station that has taken over, and what is set after each commit; its broker is not there."""
    engine = open_database(f"sqlite:///{folder / 'jemput.db'}")
    create_tables(engine)
    writer = Writer(engine, "main")
    writer.take_over()
    clock = RunClock.wall()
    acks = Acks(Speaker(Address(HOST, free_port()), "nobody-hears"), clock)
    committed = asyncio.Event()
    return Station(writer, clock, acks, committed.set), writer, committed


async def test_what_was_heard_is_committed_though_link_and_broker_are_gone(
    tmp_path: Path,
) -> None:
    station, writer, committed = make_station(tmp_path)
    stop = asyncio.Event()

    async with asyncio.TaskGroup() as tasks:
        telling = tasks.create_task(station.acks.run(stop))
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


async def test_a_message_that_cannot_be_folded_stops_neither_the_station_nor_its_acks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Tripping(Fold):
        """Raises once it has moved."""

        def fold(self, intake: Intake, epoch: int) -> Entry:
            """Fold, and raise where reading 2 is in it."""
            entry = super().fold(intake, epoch)
            if any(one.seq == 2 for one in intake.readings):
                raise ZeroDivisionError
            return entry

    monkeypatch.setattr(writers, "Fold", Tripping)
    station, writer, committed = make_station(tmp_path)
    ear = Noting()
    station.ear = ear
    stop = asyncio.Event()

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(station.run(stop))
        station.on_heard([heard(seq) for seq in (1, 2, 3)])
        async with asyncio.timeout(3):
            await committed.wait()
        stop.set()

    assert writer.fold.state.devices["dev-1"].upto() == [(7, 3)]
    assert [one.packet_id for one in ear.receipts] == [1, 2, 3]


async def test_a_station_that_is_stopped_while_its_database_is_away_ends_and_acknowledges_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stations, "PATIENCE_S", 0.5)
    monkeypatch.setattr(stations, "RETRY_S", 0.1)
    station, writer, _ = make_station(tmp_path)
    ear = station.ear = Noting()
    stop = asyncio.Event()
    with writing(writer.journal.engine) as connection:
        connection.execute(text("ALTER TABLE journal_group RENAME TO elsewhere"))

    async with asyncio.timeout(5), asyncio.TaskGroup() as tasks:
        tasks.create_task(station.run(stop))
        station.on_heard([heard(1)])
        await asyncio.sleep(0.5)
        stop.set()
    with writing(writer.journal.engine) as connection:
        connection.execute(text("ALTER TABLE elsewhere RENAME TO journal_group"))

    assert ear.receipts == []
    assert not list(writer.journal.entries())
