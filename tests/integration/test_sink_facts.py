"""Facts in Debian's InfluxDB 1.6.7: once each, whatever dies in between, and wherever it began."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path

import pytest

from ingest.sinks.facts import facts_after
from ingest.sinks.influx import InfluxSink
from ingest.sinks.sink import Refused
from jemput.entry import Entry
from jemput.fold.fold import Fold
from jemput.store.checkpoints import Checkpoints
from jemput.store.database import writing
from jemput.store.history import Cursors
from jemput.store.influx import InfluxTarget, WriteFailedError
from jemput.store.influx_link import Link
from jemput.store.journal import Journal
from tests.builders import HOUR_S, Feed
from tests.influx_servers import own_target
from tests.integration.sink_journal import GROUP, Following, new_journal
from tests.servers import InfluxDb

ALL = {
    "reading": "SELECT * FROM reading",
    "pickup": "SELECT * FROM pickup",
    "incident": "SELECT * FROM incident",
    "emptying": "SELECT * FROM emptying",
    "bin": "SELECT * FROM bin",
    "alert": "SELECT * FROM alert",
}


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return new_journal(tmp_path)


@pytest.fixture
def feed() -> Feed:
    """A day in which a bin fills, is called, emptied, and falls silent."""
    feed = Feed()
    for level in (50, 70, 90, 92, 94):
        feed.hear(level)
    feed.act("alerted")
    feed.act("accept")
    feed.pass_s(600)
    feed.act("collect")
    feed.fill(3, 3, 3, 3, 3)
    for _ in range(16):
        feed.pass_s(HOUR_S)
    return feed


def keep(journal: Journal, entries: Sequence[Entry]) -> None:
    epoch = journal.epoch() or journal.take_over()
    for entry in entries:
        with writing(journal.engine) as connection:
            journal.lock(connection, epoch)
            journal.append(connection, entry)


async def everything(target: InfluxTarget) -> dict[str, list[str]]:
    link = await Link.open(target)
    try:
        return {one: [repr(row) for row in await link.ask(ALL[one])] for one in ALL}
    finally:
        await link.close()


@pytest.fixture
def target(influxdb: InfluxDb) -> InfluxTarget:
    return own_target(influxdb)


def sink(journal: Journal, target: InfluxTarget) -> InfluxSink:
    return InfluxSink(target, partial(facts_after, journal))


async def test_each_fact_is_there_and_readings_know_their_site(
    journal: Journal, feed: Feed, target: InfluxTarget
) -> None:
    keep(journal, feed.entries)
    async with Following(journal, sink(journal, target)) as following:
        await following.reach(len(feed.entries))

    link = await Link.open(target)
    readings = await link.ask("SELECT count(quality) FROM reading WHERE site = 'coblong'")
    states = await link.ask("SELECT state, open_s FROM pickup")
    silent = await link.ask("SELECT last(is_open) FROM incident WHERE kind = 'silence'")
    await link.close()

    assert readings[0][1] == 10
    assert [row[1] for row in states][:4] == ["requested", "alerted", "accepted", "collected"]
    assert states[3][2] == 600
    assert silent[0][1] == 1


async def test_written_again_from_any_position_it_is_the_same(
    journal: Journal, feed: Feed, target: InfluxTarget
) -> None:
    keep(journal, feed.entries)
    again = Fold()
    for entry in feed.entries[:8]:
        again.replay(entry)
    Checkpoints(journal.engine, GROUP).save_snapshot(again.state)
    async with Following(journal, sink(journal, target)) as following:
        await following.reach(len(feed.entries))
    once = await everything(target)
    assert all(once.values()), "each measurement has points"

    for position in (0, 3, 9, len(feed.entries) - 2):
        Cursors(journal.engine, GROUP).put(InfluxSink.name, position)
        async with Following(journal, sink(journal, target)) as following:
            await following.reach(len(feed.entries))
        assert await everything(target) == once


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
    journal: Journal, feed: Feed, target: InfluxTarget, tmp_path: Path
) -> None:
    half = len(feed.entries) // 2
    keep(journal, feed.entries[:half])
    async with Following(journal, Breaking(journal, target, failures=2)) as following:
        await following.reach(half)
        keep(journal, feed.entries[half:])
        following.nudge.set()
        await following.reach(len(feed.entries))
    broken = await everything(target)

    with InfluxDb(tmp_path / "calm") as calm:
        Cursors(journal.engine, GROUP).put(InfluxSink.name, 0)
        async with Following(journal, sink(journal, own_target(calm))) as following:
            await following.reach(len(feed.entries))
        assert await everything(own_target(calm)) == broken
