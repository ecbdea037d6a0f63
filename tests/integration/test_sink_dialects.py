"""The InfluxDB sink against scripted servers of 2.x and 3.x: patience, splitting, bisection."""

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from sqlalchemy import select

from ingest.sinks.follow import REASON, Progress, follow, pause_s
from ingest.sinks.influx import InfluxSink
from jemput.entry import FOLD_VERSION, Entry, Intake
from jemput.points import line
from jemput.reading import Quality, Reading, TimeSource
from jemput.store.database import create_tables, open_database, writing
from jemput.store.history import Cursors
from jemput.store.influx import InfluxTarget, WriteFailedError
from jemput.store.journal import Journal
from jemput.store.schema import quarantine
from tests.servers import wait_until

BAD = b"device=dev-5 "


@dataclass
class Scripted:
    """A server that says its lines in order, then takes everything but what is bad."""

    version: str
    answers: list[tuple[int, dict[str, str]]] = field(default_factory=list)
    most_bytes: int = 10**7
    bad_status: int | None = None
    bodies: list[bytes] = field(default_factory=list)
    stored: set[bytes] = field(default_factory=set)

    async def ping(self, _: web.Request) -> web.Response:
        return web.Response(status=204, headers={"X-Influxdb-Version": self.version})

    async def write(self, request: web.Request) -> web.Response:
        assert request.query["precision"] == "ns"
        assert request.query["bucket"] == "jemput"
        assert request.headers["Authorization"] == "Token secret"
        body = await request.read()
        self.bodies.append(body)
        if self.answers:
            status, headers = self.answers.pop(0)
            return web.json_response({"message": "scripted"}, status=status, headers=headers)
        if len(body) > self.most_bytes:
            return web.Response(status=413, text="too large")
        lines = body.split(b"\n")
        if self.bad_status and any(BAD in one for one in lines):
            if self.bad_status == 422:  # 2.x stores the good lines, 3 nothing
                self.stored.update(one for one in lines if BAD not in one)
            words = {"message": "partial write: field type conflict dropped=1"}
            return web.json_response(words, status=self.bad_status)
        self.stored.update(lines)
        return web.Response(status=204)


@pytest.fixture(params=["v2.9.1", "3.10.1"])
def scripted(request: pytest.FixtureRequest) -> Scripted:
    return Scripted(request.param)


@pytest.fixture
async def sink(scripted: Scripted) -> AsyncIterator[InfluxSink]:
    app = web.Application()
    app.router.add_get("/ping", scripted.ping)
    app.router.add_post("/api/v2/write", scripted.write)
    async with TestServer(app) as server:
        made = InfluxSink(InfluxTarget(str(server.make_url("/")), "secret", "org", "jemput"))
        yield made
        await made.close()


def entry() -> Entry:
    readings = tuple(
        Reading(f"dev-{at}", 1, 1, 1_790_000_000, TimeSource.DEVICE, Quality.OK, 900, 5, 4,
                30, 3600, None, 0, bin=f"bin-{at}", fill_percent=at, level_percent=at)
        for at in range(10)
    )  # fmt: skip
    return Entry(1, 1, FOLD_VERSION, Intake(now_ms=1), readings, (), (), ())


LINES = {line(reading).encode() for reading in entry().readings}


@pytest.mark.parametrize("status", [429, 503, 401, 404, 200])
async def test_what_may_pass_is_for_another_try_with_the_same_bytes(
    scripted: Scripted, sink: InfluxSink, status: int
) -> None:
    scripted.answers = [(status, {"Retry-After": "7"})]
    with pytest.raises(WriteFailedError) as caught:
        await sink.write([entry()])
    assert caught.value.retry
    assert caught.value.retry_after_s == (None if status == 200 else 7.0)
    assert await sink.write([entry()]) == []
    assert scripted.bodies[0] == scripted.bodies[1]
    assert scripted.stored == LINES


async def test_what_is_too_large_is_split(scripted: Scripted, sink: InfluxSink) -> None:
    scripted.most_bytes = len(b"\n".join(LINES)) // 3
    assert await sink.write([entry()]) == []
    assert scripted.stored == LINES


@pytest.mark.parametrize("status", [400, 422])
async def test_one_bad_line_is_found_and_the_rest_is_stored(
    scripted: Scripted, sink: InfluxSink, status: int
) -> None:
    scripted.bad_status = status
    [refused] = await sink.write([entry()])
    assert refused.device == "dev-5"
    assert "field type conflict" in refused.detail
    assert scripted.stored == LINES - {refused.line}


async def test_a_follower_waits_as_asked_and_quarantines_once(
    scripted: Scripted, sink: InfluxSink, tmp_path: Path
) -> None:
    scripted.answers = [(503, {}), (429, {"Retry-After": "1"})]
    scripted.bad_status = 400
    engine = open_database(f"sqlite:///{tmp_path}/jemput.db")
    create_tables(engine)
    journal, cursors = Journal(engine, "group"), Cursors(engine, "group")
    epoch = journal.take_over()
    with writing(engine) as connection:
        journal.lock(connection, epoch)
        journal.append(connection, entry())
    stop, progress = asyncio.Event(), Progress()
    began = time.monotonic()
    task = asyncio.ensure_future(
        follow(journal, cursors, sink, stop, asyncio.Event(), progress=progress)
    )
    await asyncio.to_thread(wait_until, lambda: progress.position == 1, 20, "the entry")
    assert time.monotonic() - began > 1
    stop.set()
    await task
    assert scripted.bodies[0] == scripted.bodies[1] == scripted.bodies[2]
    assert cursors.get(sink.name) == 1
    with engine.connect() as connection:
        [row] = connection.execute(select(quarantine)).all()
    assert (row.reason, row.position, row.device, row.topic) == (REASON, 1, "dev-5", "")
    assert row.payload in LINES - scripted.stored


def test_a_pause_is_never_shorter_than_asked_and_grows() -> None:
    assert 7 < pause_s(0, 7.0) < 8
    assert pause_s(8, None) > pause_s(0, None)
    assert pause_s(10_000, 10.0**9) < 3600 + 31
