"""The InfluxDB sink against scripted servers of 1.x, 2.x and 3: patience, splitting, bisection."""

import asyncio
import time
from collections.abc import AsyncIterator
from email.utils import formatdate
from pathlib import Path

import pytest
from sqlalchemy import select

from ingest.sinks.follow import REASON, Progress, follow, pause_s
from ingest.sinks.influx import IN_FLIGHT, LINES_AT_ONCE, InfluxSink
from jemput.entry import FOLD_VERSION, Entry, Intake
from jemput.points import line
from jemput.reading import Quality, Reading, TimeSource
from jemput.store.database import create_tables, open_database, writing
from jemput.store.history import Cursors
from jemput.store.influx import InfluxTarget, WriteFailedError
from jemput.store.influx_writers import packed
from jemput.store.journal import Journal
from jemput.store.schema import quarantine
from tests.integration.scripted_influx import Scripted, served
from tests.servers import wait_until

BAD = b"device=dev-5 "


every_version = pytest.mark.parametrize(
    "scripted", ["1.6.7", "1.8.10", "v2.9.1", "3.10.1"], indirect=True
)
version_3 = pytest.mark.parametrize("scripted", ["3.10.1"], indirect=True)


@pytest.fixture
def scripted(request: pytest.FixtureRequest) -> Scripted:
    return Scripted(request.param)


@pytest.fixture
async def sink(scripted: Scripted) -> AsyncIterator[InfluxSink]:
    async with served(scripted) as target:
        made = InfluxSink(target)
        yield made
        await made.close()


def entry(how_many: int = 10, position: int = 1) -> Entry:
    readings = tuple(
        Reading(f"dev-{at}", 1, position, 1_790_000_000, TimeSource.DEVICE, Quality.OK, 900, 5, 4,
                30, 3600, None, 0, bin=f"bin-{at}", fill_percent=at % 100, level_percent=at % 100)
        for at in range(how_many)
    )  # fmt: skip
    return Entry(position, 1, FOLD_VERSION, Intake(now_ms=1), readings, (), (), ())


LINES = {line(reading).encode() for reading in entry().readings}


@every_version
@pytest.mark.parametrize("status", [429, 503, 401, 404, 200])
async def test_what_may_pass_is_for_another_try_with_the_same_bytes(
    scripted: Scripted, sink: InfluxSink, status: int
) -> None:
    scripted.answers = [(status, {"Retry-After": "7"})]
    with pytest.raises(WriteFailedError) as caught:
        await sink.write([entry()])
    assert caught.value.retry
    if status != 200:
        assert caught.value.retry_after_s == 7
    assert await sink.write([entry()]) == []
    assert scripted.bodies[0] == scripted.bodies[1]
    assert scripted.stored == LINES


@every_version
async def test_what_is_too_large_is_split(scripted: Scripted, sink: InfluxSink) -> None:
    scripted.most_bytes = len(b"\n".join(LINES)) // 3
    assert await sink.write([entry()]) == []
    assert scripted.stored == LINES


@every_version
@pytest.mark.parametrize("status", [400, 422])
async def test_one_bad_line_is_found_and_the_rest_is_stored(
    scripted: Scripted, sink: InfluxSink, status: int
) -> None:
    scripted.bad, scripted.bad_status = BAD, status
    [refused] = await sink.write([entry()])
    assert refused.device == "dev-5"
    assert "field type conflict" in refused.detail
    assert scripted.stored == LINES - {refused.line}


@every_version
async def test_nothing_is_never_sent(scripted: Scripted, sink: InfluxSink) -> None:
    assert await sink.write([entry(how_many=0)]) == []
    assert scripted.bodies == []


@version_3
async def test_many_entries_are_in_flight_together(scripted: Scripted, sink: InfluxSink) -> None:
    scripted.flush_s = 0.3
    pieces = 2 * IN_FLIGHT
    entries = [entry(LINES_AT_ONCE, position) for position in range(1, pieces + 1)]
    began = time.monotonic()
    assert await sink.write(entries) == []
    assert len(scripted.stored) == pieces * LINES_AT_ONCE
    assert 1 < scripted.most_at_once <= IN_FLIGHT
    assert time.monotonic() - began < pieces * scripted.flush_s


@version_3
async def test_after_a_failure_nothing_more_is_sent_and_the_longest_patience_counts(
    scripted: Scripted, sink: InfluxSink
) -> None:
    scripted.flush_s = 0.2
    scripted.answers = [(503, {"Retry-After": "3"}), (429, {"Retry-After": "60"})]
    scripted.answers += [(503, {})] * (IN_FLIGHT - 2)
    with pytest.raises(WriteFailedError) as caught:
        await sink.write([entry(LINES_AT_ONCE, position) for position in range(1, 2 * IN_FLIGHT)])
    assert caught.value.retry_after_s == 60
    assert len(scripted.bodies) == IN_FLIGHT
    assert scripted.stored == set()


@every_version
async def test_a_date_may_say_how_long_to_wait(scripted: Scripted, sink: InfluxSink) -> None:
    in_a_minute = formatdate(time.time() + 60, usegmt=True)
    scripted.answers = [(503, {"Retry-After": in_a_minute}), (503, {"Retry-After": "soon"})]
    for expected in (pytest.approx(60, abs=3), None):
        with pytest.raises(WriteFailedError) as caught:
            await sink.write([entry()])
        assert caught.value.retry_after_s == expected


@every_version
@pytest.mark.parametrize(("host", "is_packed"), [("127.0.0.1", False), ("0.0.0.0", True)])  # noqa: S104 - an address that is this machine and counts as far away
async def test_only_what_leaves_the_machine_is_packed(
    scripted: Scripted,
    host: str,
    is_packed: bool,  # noqa: FBT001 - what is expected
) -> None:
    async with served(scripted, host) as target:
        sink = InfluxSink(target)
        assert await sink.write([entry()]) == []
        await sink.close()
    assert scripted.packed == [is_packed]
    assert scripted.stored == LINES


def test_packing_keeps_no_time_so_a_retry_is_the_same_bytes() -> None:
    body = packed(InfluxTarget("http://influx.example", "", "", "jemput"), b"reading x=1i 1")
    assert body[4:8] == bytes(4)


@version_3
async def test_a_follower_waits_as_asked_and_quarantines_once(
    scripted: Scripted, sink: InfluxSink, tmp_path: Path
) -> None:
    scripted.answers = [(503, {}), (429, {"Retry-After": "1"})]
    scripted.bad = BAD
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


@pytest.mark.parametrize("scripted", ["1.6.7", "1.8.10"], indirect=True)
async def test_a_database_whose_making_nobody_answered_is_made_at_the_next_try(
    scripted: Scripted, sink: InfluxSink
) -> None:
    scripted.hangs_up_on_queries = 1
    with pytest.raises(WriteFailedError, match="no answer"):
        await sink.write([entry()])

    assert not scripted.bodies
    await sink.write([entry()])
    assert scripted.stored == LINES
