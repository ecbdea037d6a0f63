"""The journal and its inbox: order, one writer, damage; the same on both databases."""

import threading
from collections.abc import Sequence
from itertools import pairwise

import pytest
from sqlalchemy import Engine, delete, func, select, update
from sqlalchemy.exc import SQLAlchemyError

from jemput.entry import Changed, Entry, Event, Link
from jemput.registry import PutCollector
from jemput.store import journal as journals
from jemput.store.database import open_database, writing
from jemput.store.journal import DamagedJournalError, Journal, TakenOverError
from jemput.store.schema import inbox, journal
from jemput.things import Collector
from tests.builders import Feed
from tests.contract.store.crowd import at_once

GROUP = "main"


@pytest.fixture
def mine(engine: Engine) -> Journal:
    """A journal that was taken over once."""
    made = Journal(engine, GROUP)
    assert made.take_over() == 1
    return made


@pytest.fixture
def entries() -> Sequence[Entry]:
    """What a small town did: entries 1 to 6."""
    feed = Feed()
    feed.fill(10, 50, 91, 92)
    assert [one.position for one in feed.entries] == [1, 2, 3, 4, 5, 6]
    return feed.entries


def append(mine: Journal, *entries: Entry) -> None:
    """Each in a transaction of its own."""
    for entry in entries:
        with writing(mine.engine) as connection:
            mine.lock(connection, 1)
            mine.append(connection, entry)


def test_entries_come_back_as_they_went_in(mine: Journal, entries: Sequence[Entry]) -> None:
    assert (mine.first(), mine.head(), list(mine.entries())) == (0, 0, [])

    append(mine, *entries)

    assert (mine.first(), mine.head()) == (1, 6)
    assert list(mine.entries()) == list(entries)
    assert list(mine.entries(after=2, upto=4)) == list(entries[2:4])


@pytest.mark.parametrize("wrong", [0, 2])
def test_an_entry_stands_exactly_behind_the_head(
    mine: Journal, entries: Sequence[Entry], wrong: int
) -> None:
    append(mine, entries[0])

    with pytest.raises((TakenOverError, SQLAlchemyError)):
        append(mine, entries[wrong])

    assert list(mine.entries()) == [entries[0]]


def test_who_was_taken_over_cannot_append(mine: Journal, entries: Sequence[Entry]) -> None:
    other = open_database(mine.engine.url.render_as_string(hide_password=False))
    assert Journal(other, GROUP).take_over() == 2
    other.dispose()

    with pytest.raises(TakenOverError, match="at epoch 2; this writer is of 1"):
        append(mine, entries[0])

    assert (mine.epoch(), mine.head()) == (2, 0)


def test_a_take_over_waits_for_the_transaction_that_is_open(
    mine: Journal, entries: Sequence[Entry]
) -> None:
    other = open_database(mine.engine.url.render_as_string(hide_password=False))
    found: list[tuple[int, int]] = []

    def take_over() -> None:
        epoch = Journal(other, GROUP).take_over()
        found.append((epoch, Journal(other, GROUP).head()))

    thread = threading.Thread(target=take_over)
    with writing(mine.engine) as connection:
        mine.lock(connection, 1)
        thread.start()
        thread.join(0.3)
        assert not found
        mine.append(connection, entries[0])
    thread.join(20)
    other.dispose()

    assert found == [(2, 1)]


def test_of_many_who_take_over_at_once_each_has_an_epoch_of_their_own(engine: Engine) -> None:
    came = at_once(*[Journal(engine, GROUP).take_over] * 5)

    assert set(came) == {1, 2, 3, 4, 5}


def test_a_transaction_that_fails_leaves_nothing(mine: Journal, entries: Sequence[Entry]) -> None:
    def append_both() -> None:
        with writing(mine.engine) as connection:
            mine.append(connection, entries[0])
            mine.append(connection, entries[2])

    with pytest.raises(TakenOverError):
        append_both()

    assert (mine.head(), list(mine.entries())) == (0, [])


def test_damage_is_named_and_not_guessed_over(mine: Journal, entries: Sequence[Entry]) -> None:
    append(mine, *entries)
    with writing(mine.engine) as connection:
        harm = update(journal).where(journal.c.position == 3)
        connection.execute(harm.values(blob=b"\x00 another"))
    with pytest.raises(DamagedJournalError, match="entry 3 is damaged"):
        list(mine.entries())

    with writing(mine.engine) as connection:
        connection.execute(delete(journal).where(journal.c.position == 3))
    with pytest.raises(DamagedJournalError, match="entry 3 is missing"):
        list(mine.entries())


def test_old_entries_go_oldest_first_and_so_many_at_once(
    mine: Journal, entries: Sequence[Entry]
) -> None:
    append(mine, *entries)

    assert [mine.delete_upto(3, 2) for _ in range(3)] == [2, 1, 0]

    assert (mine.first(), mine.head()) == (4, 6)
    assert list(mine.entries()) == list(entries[3:])


def test_an_entry_is_found_by_its_time(mine: Journal, entries: Sequence[Entry]) -> None:
    append(mine, *entries)
    times = [one.intake.now_ms for one in entries]
    assert all(one < other for one, other in pairwise(times))

    assert mine.position_at(0) == 1
    assert mine.position_at(times[3]) == 4
    assert mine.position_at(times[3] + 1) == 5
    assert mine.position_at(times[-1] + 1) == 7


def test_the_inbox_is_drained_in_order_and_once(mine: Journal) -> None:
    events: list[Event] = [
        Link(up=True),
        Changed(PutCollector(Collector("asep", "Asep", ()))),
        Link(up=False),
    ]
    with writing(mine.engine) as connection:
        for event in events:
            journals.say(connection, GROUP, event)
        journals.say(connection, "other", Link(up=True))

    with writing(mine.engine) as connection:
        ids, said = journals.drain(connection, GROUP, 2)
        journals.mark_drained(connection, ids, 1)
        assert said == tuple(events[:2])
    with writing(mine.engine) as connection:
        ids, said = journals.drain(connection, GROUP, 10)
        assert said == (events[2],)
        journals.mark_drained(connection, ids, 2)
        assert journals.drain(connection, GROUP, 10) == ([], ())
        journals.mark_drained(connection, [], 3)

    with mine.engine.connect() as connection:
        by_position = select(inbox.c.position, func.count()).where(inbox.c.group_id == GROUP)
        rows = connection.execute(by_position.group_by(inbox.c.position).order_by(inbox.c.position))
        assert [tuple(row) for row in rows] == [(1, 2), (2, 1)]


def test_a_big_inbox_comes_in_parts(mine: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journals, "DRAINED_BYTES", 5)
    with writing(mine.engine) as connection:
        for _ in range(3):
            journals.say(connection, GROUP, Changed(PutCollector(Collector("a" * 32, "A", ()))))

        ids, said = journals.drain(connection, GROUP, 10)

    assert (len(ids), len(said)) == (1, 1)
