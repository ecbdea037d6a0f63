"""A town moves from SQLite to PostgreSQL while its writer runs, and loses nothing."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, insert, select, update
from sqlalchemy.exc import SQLAlchemyError

from ingest.writer import Batch, Writer
from jemput.fold.admission import Poison
from jemput.fold.state import dump
from jemput.store.database import (
    SchemaError,
    check_schema,
    create_tables,
    moved_to,
    open_database,
    writing,
)
from jemput.store.journal import Journal, TakenOverError
from jemput.store.moving import TABLES, Counted, close_town, move_town, reopen_town
from jemput.store.pickups import Pickups
from jemput.store.schema import about, cursor, quarantine
from tests.contract.store.busy_town import GROUP, NOW_MS, fill_town, write_one
from tests.databases import refusing, sqlite_url
from tests.servers import PostgreSql


@pytest.fixture
def source(tmp_path: Path) -> Iterator[Engine]:
    """Where the town lives."""
    made = open_database(sqlite_url(tmp_path))
    create_tables(made)
    yield made
    made.dispose()


@pytest.fixture
def target(postgresql: PostgreSql) -> Iterator[Engine]:
    """An empty database."""
    made = open_database(postgresql.url(postgresql.make_schema()))
    yield made
    made.dispose()


def ignore(_: Counted) -> None:
    """Nobody looks."""


def everything(engine: Engine) -> dict[str, list[Any]]:
    """All rows."""
    with engine.connect() as connection:
        return {
            table.name: sorted(map(tuple, connection.execute(select(table)))) for table in TABLES
        }


class Busy:
    """A writer that commits without a pause until somebody takes its group over."""

    def __init__(self, writer: Writer) -> None:
        self.writer = writer
        self.ended: BaseException | None = None
        self._thread = threading.Thread(target=self._run)

    def _run(self) -> None:
        try:
            while True:
                write_one(self.writer)
        except BaseException as error:  # noqa: BLE001 - the test looks at it
            self.ended = error

    @contextmanager
    def running(self) -> Iterator[None]:
        """Until it was told."""
        self._thread.start()
        yield
        self._thread.join(30)


def test_a_town_moves_under_its_running_writer_and_loses_nothing(
    source: Engine, target: Engine
) -> None:
    writer = fill_town(source)
    busy = Busy(writer)
    told: list[Counted] = []

    with busy.running():
        rows = move_town(source, target, told.append)

    assert isinstance(busy.ended, TakenOverError)
    assert everything(target) == everything(source)
    assert rows["journal"] == Journal(target, GROUP).head() == writer.fold.state.position
    assert told[-1].rows == told[-1].of
    assert {one.table: one.rows for one in told} == {one: rows[one] for one in rows if rows[one]}
    again = Writer(target, GROUP)
    again.take_over()
    assert dump(again.fold.state) == dump(writer.fold.state)
    head = again.fold.state.position
    write_one(again)
    assert Journal(target, GROUP).head() == head + 1


def test_what_is_numbered_goes_on_behind_what_was_copied(source: Engine, target: Engine) -> None:
    fill_town(source)
    move_town(source, target, ignore)
    with target.connect() as connection:
        last = connection.execute(select(quarantine.c.id)).scalars().all()[-1]

    pickups = Pickups(target, GROUP)
    pickups.act("accept", pickups.list(only_open=True)[0].id, "asep", NOW_MS)
    writer = Writer(target, GROUP)
    writer.take_over()
    assert writer.mail() == 2, "an act before the move, and one after it"
    write_one(writer)
    assert writer.mail() == 0
    row = {"group_id": GROUP, "position": 1, "at_ms": 1, "reason": "x", "detail": "", "topic": ""}
    with writing(target) as connection:
        made = connection.execute(insert(quarantine).values(payload=b"", **row))
        assert made.inserted_primary_key is not None
        assert made.inserted_primary_key[0] == last + 1


def test_a_nul_in_somebodys_words_stops_no_move(source: Engine, target: Engine) -> None:
    writer = fill_town(source)
    poison = [Poison("jemput/v1/x", b"\0", "other_device", "it says \0", None)]
    writer.commit(Batch(poison=poison), writer.fold.state.now_ms + 1)

    move_town(source, target, ignore)

    with target.connect() as connection:
        details = connection.execute(select(quarantine.c.detail)).scalars().all()
    assert "it says \ufffd" in details


def test_the_old_database_says_where_the_town_went_and_takes_nothing(
    source: Engine, target: Engine
) -> None:
    fill_town(source)
    pickups = Pickups(source, GROUP)
    opened = pickups.list(only_open=True)[0]
    move_town(source, target, ignore)

    with pytest.raises(SchemaError, match=r"moved to postgresql\+psycopg://jemput@127.*TABASE_URL"):
        check_schema(source)
    with pytest.raises(SQLAlchemyError, match="this town moved to"):
        pickups.act("accept", opened.id, "asep", NOW_MS)
    with pytest.raises(SchemaError, match="this town moved to"):
        move_town(source, target, ignore)
    assert everything(target) == everything(source)

    reopen_town(source)
    check_schema(source)
    pickups.act("accept", opened.id, "asep", NOW_MS)


def test_a_copy_that_fails_leaves_the_town_where_it_was(source: Engine, target: Engine) -> None:
    fill_town(source)
    create_tables(target)
    before = everything(source)

    with refusing(target, "thing"), pytest.raises(SchemaError, match="of thing were refused"):
        move_town(source, target, ignore)

    assert everything(target)["journal"] == []
    check_schema(source)
    again = Writer(source, GROUP)
    again.take_over()
    assert {**everything(source), "journal_group": []} == {**before, "journal_group": []}
    write_one(again)
    rows = move_town(source, target, ignore)
    assert rows["journal"] == again.fold.state.position


def test_a_copy_that_lacks_a_row_is_no_move(source: Engine, target: Engine) -> None:
    fill_town(source)
    create_tables(target)
    with writing(target) as connection:
        connection.exec_driver_sql(
            "CREATE FUNCTION lose() RETURNS trigger LANGUAGE plpgsql AS "
            "'BEGIN IF NEW.id = ''b2'' THEN RETURN NULL; END IF; RETURN NEW; END'"
        )
        connection.exec_driver_sql(
            "CREATE TRIGGER lose BEFORE INSERT ON thing FOR EACH ROW EXECUTE FUNCTION lose()"
        )

    with pytest.raises(SchemaError, match=r"has 9 rows in thing, the source has 10"):
        move_town(source, target, ignore)

    check_schema(source)
    assert everything(target)["journal"] == []


@pytest.mark.parametrize("had_committed", [False, True])
def test_a_move_that_was_killed_is_ended_by_the_next(
    source: Engine, target: Engine, *, had_committed: bool
) -> None:
    fill_town(source)
    where = target.url.render_as_string()
    if had_committed:
        move_town(source, target, ignore)
        with writing(source) as connection:
            connection.execute(update(about).values(key="moving_to"))
    else:
        close_town(source, where)
    with pytest.raises(SchemaError, match="run it again; `jemput db reopen` gives the move up"):
        check_schema(source)

    move_town(source, target, ignore)

    assert everything(target) == everything(source)
    with source.connect() as connection:
        moved = moved_to(connection)
    assert moved is not None
    assert (moved.to, moved.is_done) == (where, True)


def test_a_database_that_holds_rows_is_not_copied_into(source: Engine, target: Engine) -> None:
    fill_town(source)
    create_tables(target)
    with writing(target) as connection:
        connection.execute(insert(cursor).values(group_id="other", sink="x", position=1))

    with pytest.raises(SchemaError, match="is not empty, it has rows in cursor"):
        move_town(source, target, ignore)
    with pytest.raises(SchemaError, match="from an SQLite database to a PostgreSQL one"):
        move_town(target, source, ignore)

    check_schema(source)


def test_two_moves_at_once_are_one(source: Engine, target: Engine) -> None:
    fill_town(source)
    refused: list[str] = []

    def once_more(_: Counted) -> None:
        if not refused:
            with pytest.raises(SchemaError) as error:
                move_town(source, target, ignore)
            refused.append(str(error.value))

    move_town(source, target, once_more)

    assert "somebody else is copying" in refused[0]
    assert everything(target) == everything(source)
