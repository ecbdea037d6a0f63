"""The InfluxDB sink against a real InfluxDB 1.6.7: once, again, and through an outage."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Self

import msgspec
import pytest
from aiohttp import ClientSession
from sqlalchemy import select

from ingest.sinks.embedded import EmbeddedSink
from ingest.sinks.follow import REASON, Progress, follow
from ingest.sinks.influx import InfluxSink
from ingest.sinks.sink import Sink
from jemput.entry import FOLD_VERSION, Entry, Intake
from jemput.reading import Quality, Reading, TimeSource
from jemput.store.database import create_tables, open_database, writing
from jemput.store.history import Cursors, EmbeddedHistory
from jemput.store.influx import Influx, InfluxTarget, ReadFailedError, WriteFailedError
from jemput.store.journal import Journal
from jemput.store.schema import quarantine
from tests.servers import InfluxDb, wait_until

AT_S = 1_790_000_000
TIMEOUT_S = 30
GROUP = "lubuk-pakam"


def made(seq: int, quality: Quality = Quality.OK) -> Reading:
    good = quality is Quality.OK
    return Reading(
        device="dev-1",
        boot=7,
        seq=seq,
        at_s=AT_S + 60 * seq,
        time_source=TimeSource.DEVICE,
        quality=quality,
        distance_mm=900 if good else None,
        echoes=5,
        spread_mm=4,
        temperature_c=30,
        battery_mv=3600,
        rssi_dbm=None,
        tilt_deg=0,
        bin="bin-1",
        fill_percent=seq % 101 if good else None,
        level_percent=seq % 97 if good else None,
    )


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    engine = open_database(f"sqlite:///{tmp_path}/jemput.db")
    create_tables(engine)
    return Journal(engine, GROUP)


def append(journal: Journal, *batches: list[Reading]) -> None:
    epoch = journal.epoch() or journal.take_over()
    for readings in batches:
        with writing(journal.engine) as connection:
            position = journal.lock(connection, epoch) + 1
            intake = Intake(now_ms=AT_S * 1000 + position)
            entry = Entry(position, epoch, FOLD_VERSION, intake, tuple(readings), (), (), ())
            journal.append(connection, entry)


def target(influxdb: InfluxDb) -> InfluxTarget:
    return InfluxTarget(influxdb.url, token="", org="", bucket="jemput")


async def ask(influxdb: InfluxDb, query: str) -> None:
    async with (
        ClientSession() as session,
        session.post(f"{influxdb.url}/query", data={"q": query}) as said,
    ):
        assert "error" not in await said.text()


@pytest.fixture
async def influx(influxdb: InfluxDb) -> AsyncIterator[Influx]:
    opened = await Influx.open(target(influxdb))
    yield opened
    await opened.close()


class Following:
    """A sink that follows, in a task, inside `async with`."""

    def __init__(self, journal: Journal, sink: Sink) -> None:
        self.progress = Progress()
        self.nudge = asyncio.Event()
        self._journal = journal
        self._sink = sink
        self._stop = asyncio.Event()

    async def __aenter__(self) -> Self:
        cursors = Cursors(self._journal.engine, GROUP)
        self._task = asyncio.ensure_future(
            follow(
                self._journal, cursors, self._sink, self._stop, self.nudge, progress=self.progress
            )
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        self._stop.set()
        await self._task
        await self._sink.close()

    async def reach(self, position: int) -> None:
        await asyncio.to_thread(
            wait_until, lambda: self.progress.position >= position, TIMEOUT_S, f"entry {position}"
        )

    async def fails(self) -> None:
        await asyncio.to_thread(
            wait_until, lambda: self.progress.failing_since_s is not None, TIMEOUT_S, "a failure"
        )


async def test_entries_are_points_once_and_again(
    journal: Journal, influxdb: InfluxDb, influx: Influx
) -> None:
    append(journal, [made(1), made(2)], [], [made(3)])
    async with Following(journal, InfluxSink(target(influxdb))) as following:
        await following.reach(3)
        append(journal, [made(4)])
        following.nudge.set()
        await following.reach(4)
    assert following.progress == Progress(position=4, written=4)
    assert await influx.count() == 4

    Cursors(journal.engine, GROUP).put(InfluxSink.name, 0)
    async with Following(journal, InfluxSink(target(influxdb))) as following:
        await following.reach(4)
    assert await influx.count() == 4


async def test_a_server_that_is_down_loses_nothing(journal: Journal, influxdb: InfluxDb) -> None:
    append(journal, [made(1)])
    influxdb.kill()
    async with Following(journal, InfluxSink(target(influxdb))) as following:
        await following.fails()
        assert influxdb.url in str(following.progress.last_error)
        append(journal, *([made(seq)] for seq in range(2, 30)))
        assert Cursors(journal.engine, GROUP).get(InfluxSink.name) == 0
        await asyncio.to_thread(influxdb.start)
        await following.reach(10)
        await asyncio.to_thread(influxdb.kill)
        append(journal, *([made(seq)] for seq in range(30, 60)))
        await asyncio.to_thread(influxdb.start)
        await following.reach(59)
    assert following.progress.failing_since_s is None
    influx = await Influx.open(target(influxdb))
    assert await influx.count() == 59
    await influx.close()


async def test_rows_beyond_retention_go_to_quarantine_and_the_rest_is_stored(
    journal: Journal, influxdb: InfluxDb, influx: Influx
) -> None:
    query = 'ALTER RETENTION POLICY "autogen" ON "jemput" DURATION 48h SHARD DURATION 1h'
    await ask(influxdb, query)
    old = [msgspec.structs.replace(made(seq), at_s=1_000_000_000 + seq) for seq in range(3)]
    new = [msgspec.structs.replace(made(seq), at_s=4_000_000_000 + seq) for seq in range(10, 15)]
    append(journal, [new[0], old[0], *new[1:3], *old[1:], *new[3:]])
    for _ in range(2):
        async with Following(journal, InfluxSink(target(influxdb))) as following:
            await following.reach(1)
    assert await influx.count() == 5
    with journal.engine.connect() as connection:
        rows = connection.execute(select(quarantine)).all()
    assert [row.reason for row in rows] == [REASON] * 3
    assert all("retention" in row.detail for row in rows)
    assert all(row.payload.startswith(b"reading,bin=bin-1,device=dev-1 ") for row in rows)


@pytest.mark.parametrize("every_s", [None, 600])
async def test_both_histories_read_alike(
    journal: Journal, influxdb: InfluxDb, influx: Influx, every_s: int | None
) -> None:
    faults = [made(seq, Quality.NO_ECHO) for seq in range(50, 75)]
    append(journal, [made(seq) for seq in range(1, 50)], faults)
    embedded = EmbeddedHistory(journal.engine, GROUP)
    for sink in (EmbeddedSink(embedded), InfluxSink(target(influxdb))):
        async with Following(journal, sink) as following:
            await following.reach(2)
    span = (AT_S + 120, AT_S + 60 * 74)
    points = embedded.read("bin-1", *span, every_s)
    assert len(points) == (72 if every_s is None else 8)
    assert await influx.read("bin-1", *span, every_s) == points
    assert embedded.count() == await influx.count() == 74
    assert await influx.read("bin-2", *span, every_s) == []


async def test_what_cannot_be_asked_is_said(influxdb: InfluxDb, influx: Influx) -> None:
    await ask(influxdb, 'DROP DATABASE "jemput"')
    with pytest.raises(ReadFailedError, match="database not found"):
        await influx.count()
    with pytest.raises(WriteFailedError, match="404") as caught:
        await influx.write(b"reading x=1i 1")
    assert caught.value.retry
