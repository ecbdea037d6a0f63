"""The InfluxDB sink against Debian's InfluxDB 1.6.7: outages, retention, what is missing."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest
from aiohttp import ClientSession
from sqlalchemy import select

from ingest.sinks.follow import REASON
from ingest.sinks.influx import InfluxSink
from jemput.store.history import Cursors
from jemput.store.influx import Influx, InfluxTarget, ReadFailedError, WriteFailedError
from jemput.store.journal import Journal
from jemput.store.schema import quarantine
from tests.influx_servers import own_target
from tests.integration.sink_journal import GROUP, Following, append, made, new_journal
from tests.servers import InfluxDb


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return new_journal(tmp_path)


async def ask(influxdb: InfluxDb, query: str) -> None:
    async with (
        ClientSession() as session,
        session.post(f"{influxdb.url}/query", data={"q": query}) as said,
    ):
        assert "error" not in await said.text()


@pytest.fixture
async def influx(influxdb: InfluxDb) -> AsyncIterator[Influx]:
    opened = await Influx.open(own_target(influxdb))
    yield opened
    await opened.close()


async def test_a_server_that_is_down_loses_nothing(journal: Journal, influxdb: InfluxDb) -> None:
    append(journal, [made(1)])
    influxdb.kill()
    async with Following(journal, InfluxSink(own_target(influxdb))) as following:
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
    influx = await Influx.open(own_target(influxdb))
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
        async with Following(journal, InfluxSink(own_target(influxdb))) as following:
            await following.reach(1)
    assert await influx.count() == 5
    with journal.engine.connect() as connection:
        rows = connection.execute(select(quarantine)).all()
    assert [row.reason for row in rows] == [REASON] * 3
    assert all("retention" in row.detail for row in rows)
    assert all(row.payload.startswith(b"reading,bin=bin-1,device=dev-1 ") for row in rows)


async def test_what_cannot_be_asked_is_said(influxdb: InfluxDb, influx: Influx) -> None:
    await ask(influxdb, 'DROP DATABASE "jemput"')
    with pytest.raises(ReadFailedError, match="database not found"):
        await influx.count()
    with pytest.raises(WriteFailedError, match="404") as caught:
        await influx.write(b"reading x=1i 1")
    assert caught.value.retry


async def test_who_is_not_near_is_sent_less(journal: Journal, influxdb: InfluxDb) -> None:
    # By this address the server counts as far away, and is all the same this machine.
    far = InfluxTarget(f"http://0.0.0.0:{influxdb.port}", token="", org="", bucket="jemput")
    assert not far.is_near()
    assert own_target(influxdb).is_near()
    append(journal, [made(seq) for seq in range(1000)])
    async with Following(journal, InfluxSink(far)) as following:
        await following.reach(1)
    influx = await Influx.open(far)
    assert await influx.count() == 1000
    await influx.close()


class GuardedInfluxDb(InfluxDb):
    """One that asks for a password."""

    def arguments(self) -> list[str]:
        arguments = super().arguments()
        config = self.folder / "influxdb.conf"
        config.write_text(config.read_text().replace("[http]", "[http]\nauth-enabled = true"))
        return arguments


async def test_a_server_with_passwords_takes_the_right_one(
    journal: Journal, tmp_path: Path
) -> None:
    with GuardedInfluxDb(tmp_path / "guarded") as server:
        await ask(server, "CREATE USER \"jemput\" WITH PASSWORD 'pässword' WITH ALL PRIVILEGES")
        right = InfluxTarget(server.url, "jemput:pässword", "", "jemput")
        append(journal, [made(1), made(2)])
        async with Following(journal, InfluxSink(right)) as following:
            await following.reach(1)
        influx = await Influx.open(right)
        assert await influx.count() == 2
        await influx.close()

        influx = await Influx.open(InfluxTarget(server.url, "jemput:wrong", "", "jemput"))
        with pytest.raises(WriteFailedError, match=r"401: .*JEMPUT_INFLUX_TOKEN") as caught:
            await influx.write(b"reading x=1i 1")
        assert caught.value.retry
        with pytest.raises(ReadFailedError, match="authorization failed"):
            await influx.count()
        await influx.close()
