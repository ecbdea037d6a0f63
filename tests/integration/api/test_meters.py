"""What Prometheus is told of the pipeline: sums of what passes, and how long what waits waits."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import update

from api.passing import MOST_AT_ONCE, Passing
from jemput.entry import FOLD_VERSION, ClockTrust, Entry, Intake
from jemput.store.checkpoints import Checkpoints
from jemput.store.database import writing
from jemput.store.schema import cursor, journal
from tests.integration.api.town import CADENCE_S, Town, served
from tests.integration.sink_journal import append, made, new_journal


@pytest.fixture
def town(tmp_path: Path) -> Town:
    return Town(tmp_path)


@pytest.fixture
def client(town: Town) -> Iterator[httpx.Client]:
    with served(town.services()) as client:
        yield client


def metrics(client: httpx.Client) -> dict[tuple[str, ...], float]:
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(client.get("/metrics").text)
        for sample in family.samples
    }


def test_readings_are_counted_from_the_first_look_on(town: Town, client: httpx.Client) -> None:
    town.hear("stasiun-organic", 10)
    before = metrics(client)
    town.hear("stasiun-organic", 20, 30)
    town.write(events=())
    after = metrics(client)

    assert before["jemput_journal_readings_total",] == 0
    assert after["jemput_journal_readings_total",] == 2
    assert after["jemput_journal_entries_total",] == 3


def test_what_waits_is_as_old_as_its_first_entry(town: Town, client: httpx.Client) -> None:
    town.hear("stasiun-organic", 10, 20, 30)
    with writing(town.engine) as connection:
        connection.execute(update(cursor).values(position=town.journal.head() - 2))
    town.clock.ms += 60_000

    found = metrics(client)

    assert found["jemput_sink_lag_entries", "embedded"] == 2
    assert found["jemput_sink_lag_seconds", "embedded"] == CADENCE_S + 60
    assert found["jemput_journal_age_seconds",] == 60


def test_the_checkpoint_says_whether_the_broker_is_heard(town: Town, client: httpx.Client) -> None:
    Checkpoints(town.engine, "deli-serdang").save(town.fold.state, (), (), registry=True)

    found = metrics(client)

    assert found["jemput_broker_up",] == 1
    assert found["jemput_clock_trusted",] == 1
    assert found["jemput_checkpoint_age_seconds",] == 0


def test_a_clock_that_stepped_back_is_seen(town: Town, client: httpx.Client) -> None:
    town.write(events=(ClockTrust(trusted=False),))
    Checkpoints(town.engine, "deli-serdang").save(town.fold.state, (), (), registry=True)
    town.clock.ms -= 3_600_000

    found = metrics(client)

    assert found["jemput_clock_trusted",] == 0
    assert found["jemput_clock_ahead_seconds",] == 3600


def test_a_damaged_journal_leaves_the_gauges(town: Town, client: httpx.Client) -> None:
    metrics(client)
    town.hear("stasiun-organic", 10)
    with writing(town.engine) as connection:
        connection.execute(update(journal).values(checksum=0))

    found = metrics(client)

    assert ("jemput_journal_readings_total",) not in found
    assert found["jemput_journal_head",] == town.journal.head()


def test_sums_hold_what_an_intake_says(tmp_path: Path) -> None:
    kept = new_journal(tmp_path)
    passing = Passing(kept)
    passing.look(0)
    append(kept, [made(1)])
    with writing(kept.engine) as connection:
        position = kept.lock(connection, kept.epoch()) + 1
        intake = Intake(now_ms=1, readings=(made(2), made(3)), duplicates=5, quarantined=7)
        kept.append(connection, Entry(position, 1, FOLD_VERSION, intake, (), (), (), ()))

    sums = passing.look(kept.head())

    expected = {"entries": 2, "readings": 2, "duplicates": 5, "quarantined": 7, "skipped": 0}
    assert {name: sums[name] for name in expected} == expected
    assert passing.look(kept.head()) == sums


def test_who_asks_seldom_is_told_what_was_left_out(tmp_path: Path) -> None:
    kept = new_journal(tmp_path)
    passing = Passing(kept)
    passing.look(0)
    append(kept, *([made(seq)] for seq in range(MOST_AT_ONCE + 3)))

    sums = passing.look(kept.head())

    assert (sums["skipped"], sums["entries"]) == (3, MOST_AT_ONCE)
