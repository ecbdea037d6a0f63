"""How a sink follows: to the end when it is asked to stop, and forgotten when it is not enabled."""

import asyncio
import time
from pathlib import Path

import pytest

from ingest.sinks.embedded import EmbeddedSink
from ingest.sinks.follow import ENTRIES_AT_ONCE, follow
from ingest.sinks.influx import InfluxSink
from jemput.store.history import Cursors, EmbeddedHistory
from jemput.store.influx import InfluxTarget
from jemput.store.journal import Journal
from tests.integration.scripted_influx import Scripted, served
from tests.integration.sink_journal import GROUP, append, made, new_journal
from tests.servers import HOST, free_port


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return new_journal(tmp_path)


def stopped() -> asyncio.Event:
    stop = asyncio.Event()
    stop.set()
    return stop


async def test_a_sink_that_is_well_takes_what_is_there_before_it_stops(journal: Journal) -> None:
    entries = ENTRIES_AT_ONCE + 10
    append(journal, *([made(seq)] for seq in range(entries)))
    history, cursors = EmbeddedHistory(journal.engine, GROUP), Cursors(journal.engine, GROUP)

    await follow(journal, cursors, EmbeddedSink(history), stopped(), asyncio.Event())

    assert cursors.get(EmbeddedHistory.NAME) == history.count() == entries


async def test_a_sink_that_is_not_does_not_hold_the_stop_up(
    journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ingest.sinks.follow.FINISH_S", 1.0)
    append(journal, [made(1)])
    cursors = Cursors(journal.engine, GROUP)
    nobody = InfluxSink(InfluxTarget(f"http://{HOST}:{free_port()}", "", "", "jemput"))
    began = time.monotonic()
    await follow(journal, cursors, nobody, stopped(), asyncio.Event())
    assert time.monotonic() - began < 1
    assert cursors.get(InfluxSink.name) == 0

    async with served(Scripted("3.10.1", flush_s=5)) as target:
        slow = InfluxSink(target)
        await follow(journal, cursors, slow, stopped(), asyncio.Event())
        await slow.close()
    assert time.monotonic() - began < 4
    assert cursors.get(InfluxSink.name) == 0


async def test_a_sink_that_is_not_enabled_is_forgotten_and_begins_anew(journal: Journal) -> None:
    append(journal, [made(1)], [made(2)])
    history, cursors = EmbeddedHistory(journal.engine, GROUP), Cursors(journal.engine, GROUP)
    cursors.put("influx", 2)
    cursors.put(history.NAME, 1)
    Cursors(journal.engine, "elsewhere").put(history.NAME, 7)

    cursors.keep_only(["influx"])

    assert cursors.all() == {"influx": 2}
    assert Cursors(journal.engine, "elsewhere").all() == {history.NAME: 7}
    await follow(journal, cursors, EmbeddedSink(history), stopped(), asyncio.Event())
    assert history.count() == 2
