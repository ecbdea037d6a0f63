"""The writer on both real databases: a failed commit, a restart, and a second writer."""

import pytest
from sqlalchemy import Engine, func, select, update
from sqlalchemy.exc import SQLAlchemyError

from ingest.writer import Batch, Writer
from jemput.fold.admission import Heard
from jemput.fold.state import dump
from jemput.store.database import writing
from jemput.store.journal import DamagedJournalError, TakenOverError
from jemput.store.registry import RegistryStore
from jemput.store.schema import journal, pickup
from tests.builders import CADENCE_S, START_S, message, town
from tests.databases import refusing

GROUP = "main"
BIN = "b1"


@pytest.fixture
def writer(engine: Engine) -> Writer:
    """The writer of a small town."""
    made = Writer(engine, GROUP)
    made.take_over()
    RegistryStore(engine, GROUP).change(town([BIN]), by="test", now_ms=START_S * 1000)
    made.commit(Batch(), START_S * 1000)
    return made


def write(writer: Writer, seq: int, fill: int = 90) -> int:
    """Commit one reading; how many were new."""
    at_s = START_S + seq * CADENCE_S
    heard = Heard(f"d-{BIN}", message(seq=seq, at=at_s, fill=fill))
    return len(writer.commit(Batch(heard=[heard]), at_s * 1000).intake.readings)


def open_pickups(engine: Engine) -> int:
    """How many pickups are open."""
    with engine.connect() as connection:
        return connection.execute(select(func.count()).where(pickup.c.is_open)).scalar_one()


def test_what_a_failed_commit_held_is_new_when_it_comes_again(
    engine: Engine, writer: Writer
) -> None:
    with refusing(engine, "journal"), pytest.raises(SQLAlchemyError):
        write(writer, 1)

    assert write(writer, 1) == 1
    assert write(writer, 1) == 0


@pytest.mark.parametrize("saved_after", [None, 3, 8])
def test_a_restart_changes_nothing_and_calls_nobody_twice(
    engine: Engine, writer: Writer, saved_after: int | None
) -> None:
    for seq in range(1, 9):
        write(writer, seq)
        if seq == saved_after:
            writer.save_checkpoint()
    assert open_pickups(engine) == 1

    again = Writer(engine, GROUP)
    again.take_over()

    assert dump(again.fold.state) == dump(writer.fold.state)
    assert write(again, 8) == 0
    assert write(again, 9) == 1
    assert open_pickups(engine) == 1


def test_a_writer_that_was_replaced_commits_nothing(engine: Engine, writer: Writer) -> None:
    replacement = Writer(engine, GROUP)
    replacement.take_over()

    with pytest.raises(TakenOverError):
        write(writer, 1)

    assert write(replacement, 1) == 1


def test_a_damaged_entry_is_said_and_not_guessed_over(engine: Engine, writer: Writer) -> None:
    write(writer, 1)
    with writing(engine) as connection:
        harm = update(journal).where(journal.c.position == 2)
        connection.execute(harm.values(blob=bytes(100)))

    with pytest.raises(DamagedJournalError, match="entry 2 is damaged"):
        Writer(engine, GROUP).take_over()
