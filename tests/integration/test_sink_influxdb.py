"""The InfluxDB sink: outages of a real server, retention, what is missing, who may not."""

import asyncio
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Final

import msgspec
import pytest
import structlog.testing
from aiohttp import ClientSession
from sqlalchemy import select

from ingest.sinks.follow import REASON
from ingest.sinks.influx import InfluxSink
from jemput.store.history import Cursors
from jemput.store.influx import Influx, InfluxTarget, ReadFailedError, WriteFailedError
from jemput.store.influx_link import Link
from jemput.store.journal import Journal
from jemput.store.schema import quarantine
from tests.influx_servers import SERVERS, any_target, own_bucket, own_name, own_target
from tests.integration.sink_journal import GROUP, Following, append, made, new_journal
from tests.servers import InfluxDb

DAY_S: Final = 86_400
REFUSES_WHAT_IS_OLD: Final = tuple(one for one in SERVERS if one != "like-3.10.1")
BY_ITSELF: Final = 3
"""The generation that makes a database at the first write, and forgets without refusing."""


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return new_journal(tmp_path)


async def ask(influxdb: InfluxDb, query: str) -> None:
    async with (
        ClientSession() as session,
        session.post(f"{influxdb.url}/query", data={"q": query}) as said,
    ):
        assert "error" not in await said.text()


async def test_a_server_that_is_down_loses_nothing(journal: Journal, influxdb: InfluxDb) -> None:
    append(journal, [made(1)])
    influxdb.kill()
    with structlog.testing.capture_logs() as logs:
        following = await _two_outages(journal, influxdb)
    assert following.progress.failing_since_s is None
    caught_up = [one["readings"] for one in logs if one["event"] == "sink_caught_up"]
    assert caught_up
    assert sum(caught_up) <= 59
    influx = await Influx.open(own_target(influxdb))
    assert await influx.count() == 59
    await influx.close()


async def _two_outages(journal: Journal, influxdb: InfluxDb) -> Following:
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
    return following


@pytest.fixture(params=SERVERS)
def there(request: pytest.FixtureRequest) -> Iterator[InfluxTarget]:
    with any_target(request) as target:
        yield target


async def generation(target: InfluxTarget) -> int:
    link = await Link.open(target)
    await link.close()
    return link.version[0]


@pytest.mark.parametrize("there", REFUSES_WHAT_IS_OLD, indirect=True)
async def test_rows_beyond_retention_go_to_quarantine_and_the_rest_is_stored(
    journal: Journal, there: InfluxTarget
) -> None:
    if await generation(there) == BY_ITSELF:
        pytest.skip("InfluxDB 3 takes what is older than it keeps, and forgets it by itself")
    now_s = int(time.time())
    old = [msgspec.structs.replace(made(seq), at_s=1_000_000_000 + seq) for seq in range(3)]
    new = [msgspec.structs.replace(made(seq), at_s=now_s - 60 * seq) for seq in range(10, 15)]
    append(journal, [new[0], old[0], *new[1:3], *old[1:], *new[3:]])
    async with own_bucket(there, 2 * DAY_S) as target:
        for _ in range(2):
            async with Following(journal, InfluxSink(target)) as following:
                await following.reach(1)
        influx = await Influx.open(target)
        assert await influx.count() == 5
        await influx.close()
    with journal.engine.connect() as connection:
        rows = connection.execute(select(quarantine)).all()
    assert [row.reason for row in rows] == [REASON] * 3
    assert all("retention" in row.detail for row in rows)
    assert all(row.payload.startswith(b"reading,bin=bin-1,device=dev-1 ") for row in rows)


async def test_what_is_missing_is_said(there: InfluxTarget) -> None:
    influx = await Influx.open(replace(there, bucket=own_name()), make=False)
    with pytest.raises(ReadFailedError, match="not found"):
        await influx.count()
    if await generation(there) != BY_ITSELF:  # 3 makes it
        with pytest.raises(WriteFailedError, match=r"404: .*not found") as caught:
            await influx.write(b"reading x=1i 1")
        assert caught.value.retry
    await influx.close()


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
