"""What waits for a sink: measured, and told before the disk is full."""

import shutil
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import pytest
import structlog.testing
from sqlalchemy import update

from ingest.sinks.influx import InfluxSink
from jemput.cli.doctor.database import database
from jemput.cli.doctor.finding import Health
from jemput.store.database import writing
from jemput.store.held import LITTLE_DAYS, held_back
from jemput.store.history import Cursors
from jemput.store.influx import InfluxTarget
from jemput.store.journal import Journal
from jemput.store.schema import journal as table
from tests.integration.sink_journal import AT_S, GROUP, Following, append, made, new_journal
from tests.servers import HOST, free_port

ENTRIES = 40


class Disk(NamedTuple):
    """As `shutil.disk_usage` tells it."""

    total: int
    used: int
    free: int


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    """Two days of entries, of which the sink has those of the first."""
    journal = new_journal(tmp_path)
    append(journal, *([made(seq)] for seq in range(ENTRIES)))
    with writing(journal.engine) as connection:
        for position in range(1, ENTRIES + 1):
            at_ms = AT_S * 1000 + position * 2 * 86_400_000 // ENTRIES
            here = table.c.position == position
            connection.execute(update(table).where(here).values(now_ms=at_ms))
    Cursors(journal.engine, GROUP).put("influx", ENTRIES // 2)
    return journal


def room(monkeypatch: pytest.MonkeyPatch, free: int) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Disk(10 * free, 9 * free, free))


def test_it_knows_how_much_waits_and_how_long_the_disk_lasts(
    journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    (held,) = held_back(journal.engine, GROUP)
    assert (held.sink, held.entries) == ("influx", ENTRIES // 2)
    assert held.since_ms == journal.now_ms(ENTRIES // 2 + 1)
    assert 0 < held.size_bytes <= held.day_bytes <= 2 * held.size_bytes

    room(monkeypatch, 100 * held.day_bytes)
    (held,) = held_back(journal.engine, GROUP)
    assert held.full_in_days == pytest.approx(100)
    assert "room for 100 days" in held.sentence
    assert "room for years" in replace(held, day_bytes=1).sentence
    assert held_back(journal.engine, "elsewhere") == []


@pytest.mark.parametrize(
    ("days", "health"), [(LITTLE_DAYS - 1, Health.BAD), (LITTLE_DAYS + 1, Health.DOUBT)]
)
def test_the_doctor_says_it_before_the_disk_is_full(
    journal: Journal, monkeypatch: pytest.MonkeyPatch, days: int, health: Health
) -> None:
    (held,) = held_back(journal.engine, GROUP)
    room(monkeypatch, days * held.day_bytes)
    now_ms = journal.now_ms(ENTRIES) or 0

    (found,) = [
        one for one in database(journal.engine, GROUP, now_ms) if one.about == "sink influx"
    ]

    assert found.health is health
    assert f"room for {days} days" in found.sentence
    Cursors(journal.engine, GROUP).put("influx", ENTRIES)
    told = [one for one in database(journal.engine, GROUP, now_ms) if one.about == "sink influx"]
    assert [one.health for one in told] == [Health.GOOD]


async def test_a_sink_that_fails_for_long_says_what_waits(
    journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ingest.sinks.follow.TOLD_EVERY_S", 0.2)
    nobody = InfluxSink(InfluxTarget(f"http://{HOST}:{free_port()}", "", "", "jemput"))

    with structlog.testing.capture_logs() as logs:
        async with Following(journal, nobody) as following:
            await following.fails()
            await following.until(lambda: any(one["event"] == "sink_holds_journal" for one in logs))

    told = next(one for one in logs if one["event"] == "sink_holds_journal")
    assert told["problem"].startswith(f"{ENTRIES // 2} entries (about ")
