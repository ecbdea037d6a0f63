"""The InfluxDB sink against a real server of any version: once, again, and the one bad row."""

import asyncio
import secrets
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from ingest.sinks.embedded import EmbeddedSink
from ingest.sinks.follow import Progress
from ingest.sinks.influx import InfluxSink, Row, write_rows
from jemput.entry import FOLD_VERSION, Entry, Intake
from jemput.reading import Quality, Reading
from jemput.store.history import Cursors, EmbeddedHistory, Point
from jemput.store.influx import Influx, InfluxTarget
from jemput.store.journal import Journal
from tests.influx_servers import SERVERS, any_target, made_where_it_may
from tests.integration import sink_journal
from tests.integration.sink_journal import GROUP, Following, append, new_journal

SETTLE_S = 10.0
HOUR_S = 3600


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return new_journal(tmp_path)


@pytest.fixture(params=SERVERS)
async def target(request: pytest.FixtureRequest) -> AsyncIterator[InfluxTarget]:
    """A server that may hold others' points."""
    with any_target(request) as target:
        yield await made_where_it_may(target)


@pytest.fixture
async def influx(target: InfluxTarget) -> AsyncIterator[Influx]:
    opened = await Influx.open(target)
    yield opened
    await opened.close()


class Bin:
    """A bin of this test's own, a few hours ago."""

    def __init__(self) -> None:
        self.id = f"bin-{secrets.token_hex(8)}"
        self.from_s = int(time.time()) // HOUR_S * HOUR_S - 4 * HOUR_S

    def made(self, seq: int, quality: Quality = Quality.OK) -> Reading:
        return sink_journal.made(seq, quality, bin_id=self.id, from_s=self.from_s)

    async def points(self, influx: Influx, expected: int) -> list[Point]:
        """What is there, once it is as many as expected: InfluxDB 3 shows it a second later."""
        deadline = time.monotonic() + SETTLE_S
        while True:
            found = await influx.read(self.id, self.from_s, self.from_s + 4 * HOUR_S)
            if len(found) >= expected or time.monotonic() > deadline:
                return found
            await asyncio.sleep(0.05)


async def test_entries_are_points_once_and_again(
    journal: Journal, target: InfluxTarget, influx: Influx
) -> None:
    place = Bin()
    append(journal, [place.made(1), place.made(2)], [], [place.made(3)])
    async with Following(journal, InfluxSink(target)) as following:
        await following.reach(3)
        append(journal, [place.made(4)])
        following.nudge.set()
        await following.reach(4)
    assert following.progress == Progress(position=4, written=4)
    assert len(await place.points(influx, 4)) == 4

    Cursors(journal.engine, GROUP).put(InfluxSink.name, 0)
    append(journal, [place.made(5)])
    async with Following(journal, InfluxSink(target)) as following:
        await following.reach(5)
    assert len(await place.points(influx, 5)) == 5


@pytest.mark.parametrize("every_s", [None, 600])
async def test_both_sinks_keep_the_same(
    journal: Journal, target: InfluxTarget, influx: Influx, every_s: int | None
) -> None:
    place = Bin()
    faults = [place.made(seq, Quality.NO_ECHO) for seq in range(50, 75)]
    append(journal, [place.made(seq) for seq in range(1, 50)], faults)
    embedded = EmbeddedHistory(journal.engine, GROUP)
    for sink in (EmbeddedSink(embedded), InfluxSink(target)):
        async with Following(journal, sink) as following:
            await following.reach(2)
    assert embedded.count() == len(await place.points(influx, 74)) == 74
    span = (place.from_s + 120, place.from_s + 60 * 74)
    points = embedded.read(place.id, *span, every_s)
    assert len(points) == (72 if every_s is None else 8)
    assert await influx.read(place.id, *span, every_s) == points


@pytest.mark.parametrize("bad", ["conflict", "malformed"])
async def test_the_bad_row_stands_alone_and_the_others_are_stored(influx: Influx, bad: str) -> None:
    """The three generations store different halves of such a batch; a conflict lasts for ever.

    So it is made in a measurement of its own, and seen through a bin's tag in ours.
    """
    own, place = f"test-{secrets.token_hex(8)}", Bin()
    at_ns = place.from_s * 10**9
    await influx.write(f"{own},bin={place.id} value=1i {at_ns}".encode())
    bad_row = {
        "conflict": f'{own},bin={place.id} value="text" {at_ns + 1}',
        "malformed": f"{own},bin={place.id} value= {at_ns + 1}",
    }[bad]
    good = [f'reading,bin={place.id},device=dev-{n} quality="ok" {at_ns}' for n in range(40)]

    [refused] = await write_rows(influx, [row(one) for one in [*good[:17], bad_row, *good[17:]]])

    assert refused.line == bad_row.encode()
    assert refused.detail
    assert len(await place.points(influx, 40)) == 40


def row(line: str) -> Row:
    return line.encode(), Entry(1, 1, FOLD_VERSION, Intake(now_ms=1), (), (), (), ()), "dev-1"
