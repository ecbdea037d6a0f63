"""A base of yesterday and the segments behind it are the town of today, byte for byte."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, Table, select

from ingest.writer import Batch, Writer
from jemput.fold.admission import Heard, Poison
from jemput.fold.state import dump
from jemput.pickup import Pickup, Reason, State, Why
from jemput.registry import PutPolicy
from jemput.store import backup, schema
from jemput.store.database import check_schema, create_tables, open_database
from jemput.store.journal import DamagedJournalError, drain
from jemput.store.migrations.migrate import migrate
from jemput.store.pickups import Pickups
from jemput.store.registry import RegistryStore
from jemput.store.restore import restore
from tests.builders import CADENCE_S, START_S, message, town
from tests.command import jemput

GROUP = "main"
BINS = ["b1", "b2", "b3"]


class Running:
    """A town that is written to."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.engine = open_database(f"sqlite:///{file}")
        create_tables(self.engine)
        self.writer = Writer(self.engine, GROUP)
        self.writer.take_over()
        RegistryStore(self.engine, GROUP).change(town(BINS), by="test", now_ms=0)
        self.seq = 0
        self.write()

    def write(self, *fills: int) -> None:
        """A cadence later each bin says a level; without levels only what waits is taken."""
        self.seq += 1
        at_s = START_S + self.seq * CADENCE_S
        heard = [
            Heard(f"d-{bin_id}", message(seq=self.seq, at=at_s, fill=fill))
            for bin_id, fill in zip(BINS, fills, strict=False)
        ]
        poison = [Poison("t", b"\xff", "not_utf8", "it is not", None)] if fills else []
        self.writer.commit(Batch(heard=heard, poison=poison), at_s * 1000)

    def act(self, kind: Any, bin_id: str) -> None:  # noqa: ANN401 - the kind of an act
        """Somebody moves the bin's open pickup; the writer has not heard of it yet."""
        pickups = Pickups(self.engine, GROUP)
        opened = pickups.list(only_open=True, bin_id=bin_id)[0]
        at_ms = (START_S + self.seq * CADENCE_S) * 1000 + 1
        pickups.act(kind, opened.id, "asep", at_ms, "di jalan")

    def by_hand(self, bin_id: str) -> None:
        """Somebody asks for a bin to be emptied."""
        at_ms = (START_S + self.seq * CADENCE_S) * 1000 + 2
        why = Why("by_hand", {})
        asked = Pickup(
            f"{bin_id}-hand", bin_id, Reason.MANUAL, State.REQUESTED, at_ms, at_ms, why, "asep"
        )
        Pickups(self.engine, GROUP).open_by_hand(asked, "coblong", "sri")


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    """A town of the test's own."""
    made = Running(tmp_path / "jemput.db")
    yield made
    made.engine.dispose()


def live_a_day(running: Running, folder: Path) -> Path:
    """Pickups come and go, a base is taken in between, and segments behind it."""
    for _ in range(4):
        running.write(90, 80, 20)
    running.act("accept", "b1")  # waits in the inbox of the base
    base = backup.write_base(running.engine, folder, START_S)
    running.write(90, 80, 20)
    running.act("collect", "b1")
    running.by_hand("b3")
    changes = [PutPolicy("bin", "b2", {"call_percent": 95, "rearm_percent": 60})]
    RegistryStore(running.engine, GROUP).change(changes, by="test", now_ms=0)
    backup.write_segments(running.engine, folder, {GROUP: running.writer.fold.state.position - 3})
    for _ in range(3):
        running.write(5, 80, 20)
    running.act("accept", "b3")
    running.write(5, 80, 20)
    covered = max(one.last for one in backup.segments(folder))
    backup.write_segments(running.engine, folder, {GROUP: covered})
    return base


def rows(engine: Engine, table: Table, *without: str) -> list[tuple[object, ...]]:
    """A table's rows in an order of their own, without columns that are the database's own."""
    columns = [column for column in table.columns if column.name not in without]
    with engine.connect() as connection:
        return sorted(map(tuple, connection.execute(select(*columns))), key=repr)


def test_restored_is_the_same_states_pickups_and_bytes(running: Running, tmp_path: Path) -> None:
    folder = tmp_path / "backup"
    folder.mkdir()
    base = live_a_day(running, folder)
    to = tmp_path / "restored.db"

    restore(base, folder, to, lambda *_: None)

    engine = open_database(f"sqlite:///{to}")
    again = Writer(engine, GROUP)
    again.take_over()
    assert dump(again.fold.state) == dump(running.writer.fold.state)
    for table, own in (
        (schema.journal, ()),
        (schema.pickup, ()),
        (schema.pickup_move, ("id",)),
        (schema.incident, ("id",)),
        (schema.quarantine, ("id",)),
        (schema.thing, ()),
        (schema.outbox, ("id",)),
    ):
        found = rows(engine, table, *own)
        assert found == rows(running.engine, table, *own), table.name
        assert found or table is schema.incident, f"nothing in {table.name} was compared"
    with engine.connect() as connection:
        assert not drain(connection, GROUP, 1)[0]


def test_a_base_of_an_older_version_gets_the_tables_of_this_one(
    running: Running, tmp_path: Path
) -> None:
    folder = tmp_path / "backup"
    folder.mkdir()
    base = live_a_day(running, folder)
    older = open_database(f"sqlite:///{base}")
    migrate(older, "0001")
    older.dispose()

    restore(base, folder, tmp_path / "restored.db", lambda *_: None)

    engine = open_database(f"sqlite:///{tmp_path / 'restored.db'}")
    check_schema(engine)
    assert rows(engine, schema.journal) == rows(running.engine, schema.journal)
    engine.dispose()


def test_a_segment_that_is_missing_or_damaged_is_said(running: Running, tmp_path: Path) -> None:
    folder = tmp_path / "backup"
    folder.mkdir()
    base = live_a_day(running, folder)
    last = backup.segments(folder)[-1].file
    whole = last.read_bytes()

    last.write_bytes(whole[:-30])
    with pytest.raises(DamagedJournalError, match="damaged"):
        restore(base, folder, tmp_path / "a.db", lambda *_: None)

    last.write_bytes(whole)
    backup.segments(folder)[0].file.unlink()
    with pytest.raises(DamagedJournalError, match="no segment holds"):
        restore(base, folder, tmp_path / "b.db", lambda *_: None)
    assert not [one for one in tmp_path.iterdir() if one.name.startswith(("a.db", "b.db"))]


def test_the_commands_back_up_while_it_runs_and_restore(running: Running, tmp_path: Path) -> None:
    url, folder = f"sqlite:///{running.file}", tmp_path / "backup"
    for _ in range(3):
        running.write(90, 80, 20)
        done = jemput("backup", folder, "--database", url)
        assert done.returncode == 0, done.stderr
    assert len(backup.bases(folder)) == 1
    assert len(backup.segments(folder)) == 2
    to = f"sqlite:///{tmp_path / 'new.db'}"

    done = jemput("restore", folder, "--database", to)

    assert done.returncode == 0, done.stderr
    assert f"entry {running.writer.fold.state.position}" in done.stdout
    again = jemput("restore", folder, "--database", to)
    assert again.returncode == 2
    assert "exists" in again.stderr


def test_database_base_and_what_is_restored_are_for_our_eyes_only(
    running: Running, tmp_path: Path
) -> None:
    folder = tmp_path / "backup"
    folder.mkdir()
    base = live_a_day(running, folder)
    to = tmp_path / "restored.db"
    restore(base, folder, to, lambda *_: None)

    assert {oct(file.stat().st_mode & 0o777) for file in (running.file, base, to)} == {"0o600"}
