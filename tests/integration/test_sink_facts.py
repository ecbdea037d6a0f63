"""Facts in InfluxDB: once each, whatever dies in between, and wherever it began."""

import asyncio
import secrets
import time
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from functools import partial
from pathlib import Path

import pytest

from ingest.sinks.facts import facts_after
from ingest.sinks.influx import InfluxSink
from ingest.sinks.sink import Refused
from jemput.entry import Entry
from jemput.facts import Facts
from jemput.fold.fold import Fold
from jemput.fold.state import GroupState
from jemput.points import line
from jemput.registry import Bind, Change, PutBin, PutCollector, PutHalte, PutSite, PutZone
from jemput.store.checkpoints import Checkpoints
from jemput.store.database import writing
from jemput.store.history import Cursors
from jemput.store.influx import InfluxTarget, WriteFailedError
from jemput.store.influx_link import Link
from jemput.store.journal import Journal
from jemput.things import Bin, Collector, Halte, Site, Zone
from tests.builders import CADENCE_S, HOUR_S, SHAPE, Feed
from tests.influx_servers import SERVERS, any_target, made_where_it_may
from tests.integration.sink_journal import GROUP, Following, new_journal

MEASUREMENTS = ("reading", "pickup", "incident", "emptying", "bin", "alert", "summary", "step")
HOURS = 20
SETTLE_S = 30.0


class Day:
    """A day of a town of its own in which a bin fills, is called, emptied, and falls silent.

    It ended just now: no retention is shorter, and nobody else's points are in its site.
    """

    def __init__(self) -> None:
        mark = secrets.token_hex(4)
        self.site, self.bin = f"coblong-{mark}", f"b-{mark}"
        self.start_s = int(time.time()) // HOUR_S * HOUR_S - HOURS * HOUR_S
        feed = Feed(self._town(mark), self.start_s)
        self.entries = feed.entries
        feed.fill(50, 70, 90, 92, 94, bin_id=self.bin)
        feed.act("alerted", self.bin)
        feed.act("accept", self.bin)
        feed.pass_s(600)
        feed.act("collect", self.bin)
        feed.fill(3, 3, 3, 3, 3, bin_id=self.bin)
        for _ in range(16):
            feed.pass_s(HOUR_S)

    def _town(self, mark: str) -> list[Change]:
        halte, zone = f"dago-{mark}", f"north-{mark}"
        return [
            PutSite(Site(self.site, "Coblong")),
            PutHalte(Halte(halte, self.site, "Dago", -6.88, 107.61)),
            PutZone(Zone(zone, "North", (halte,))),
            PutCollector(Collector("asep", "Asep", (zone,))),
            PutBin(Bin(self.bin, halte, "organic", SHAPE, CADENCE_S)),
            Bind(f"d-{self.bin}", self.bin, 0),
        ]

    def expected(self) -> Counter[str]:
        """How many points of each measurement there are, written once."""
        facts, told = Facts(GroupState()), set()
        for entry in self.entries:
            lines = facts.take(entry)
            lines += [line(one, facts.place_of(one)) for one in entry.readings]
            told |= {(one.split(" ", 1)[0], one.rsplit(" ", 1)[1]) for one in lines}
        return Counter(series.split(",")[0] for series, _ in told)

    async def there(self, target: InfluxTarget) -> dict[str, list[str]]:
        """All rows, once as many are there as are expected: 3 shows them a second later."""
        link, expected = await Link.open(target), self.expected()
        deadline = time.monotonic() + SETTLE_S
        try:
            while True:
                rows = {one: await self._rows(link, one) for one in MEASUREMENTS}
                found = Counter({one: len(rows[one]) for one in rows})
                if found == expected or time.monotonic() > deadline:
                    assert found == expected
                    return rows
                await asyncio.sleep(0.05)
        finally:
            await link.close()

    async def _rows(self, link: Link, measurement: str) -> list[str]:
        return sorted(map(repr, await link.ask(self.asked("*", measurement))))

    def asked(self, what: str, measurement: str) -> str:
        """A query of this town alone."""
        return f"SELECT {what} FROM {measurement} WHERE site = '{self.site}'"  # noqa: S608 - InfluxQL


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return new_journal(tmp_path)


@pytest.fixture
def day() -> Day:
    return Day()


def keep(journal: Journal, entries: Sequence[Entry]) -> None:
    epoch = journal.epoch() or journal.take_over()
    for entry in entries:
        with writing(journal.engine) as connection:
            journal.lock(connection, epoch)
            journal.append(connection, entry)


@pytest.fixture(params=SERVERS)
async def target(request: pytest.FixtureRequest) -> AsyncIterator[InfluxTarget]:
    with any_target(request) as target:
        yield await made_where_it_may(target)


def sink(journal: Journal, target: InfluxTarget) -> InfluxSink:
    return InfluxSink(target, partial(facts_after, journal))


async def test_each_fact_is_there_and_readings_know_their_site(
    journal: Journal, day: Day, target: InfluxTarget
) -> None:
    keep(journal, day.entries)
    async with Following(journal, sink(journal, target)) as following:
        await following.reach(len(day.entries))
    await day.there(target)

    link = await Link.open(target)
    readings = await link.ask(day.asked("count(quality)", "reading"))
    states = await link.ask(day.asked("state, open_s", "pickup"))
    silent = await link.ask(day.asked("last(is_open)", "incident") + " AND kind = 'silence'")
    summed = await link.ask(day.asked("sum(readings), sum(levels)", "summary"))
    await link.close()

    assert readings[0][1] == 10
    assert summed[0][1:] == [10, 10]
    assert [row[1] for row in states][:4] == ["requested", "alerted", "accepted", "collected"]
    assert states[3][2] == 600
    assert silent[0][1] == 1


async def test_written_again_from_any_position_it_is_the_same(
    journal: Journal, day: Day, target: InfluxTarget
) -> None:
    keep(journal, day.entries)
    again = Fold()
    for entry in day.entries[:8]:
        again.replay(entry)
    Checkpoints(journal.engine, GROUP).save_snapshot(again.state)
    async with Following(journal, sink(journal, target)) as following:
        await following.reach(len(day.entries))
    once = await day.there(target)
    assert all(once.values()), "each measurement has points"

    for position in (0, 3, 9, len(day.entries) - 2):
        Cursors(journal.engine, GROUP).put(InfluxSink.name, position)
        async with Following(journal, sink(journal, target)) as following:
            await following.reach(len(day.entries))
        assert await day.there(target) == once


class Breaking(InfluxSink):
    """Writes, and then says that it failed: nobody knows what was stored."""

    def __init__(self, journal: Journal, target: InfluxTarget, failures: int) -> None:
        super().__init__(target, partial(facts_after, journal))
        self.failures = failures

    async def write(self, entries: Sequence[Entry]) -> Sequence[Refused]:
        refused = await super().write(entries)
        if self.failures:
            self.failures -= 1
            raise WriteFailedError("the answer was lost", retry=True)
        return refused


async def test_a_chunk_whose_answer_was_lost_is_the_same_chunk(
    journal: Journal, day: Day, target: InfluxTarget
) -> None:
    half = len(day.entries) // 2
    keep(journal, day.entries[:half])
    async with Following(journal, Breaking(journal, target, failures=2)) as following:
        await following.reach(half)
        keep(journal, day.entries[half:])
        following.nudge.set()
        await following.reach(len(day.entries))

    broken = await day.there(target)

    Cursors(journal.engine, GROUP).put(InfluxSink.name, 0)
    async with Following(journal, sink(journal, target)) as following:
        await following.reach(len(day.entries))
    assert await day.there(target) == broken
