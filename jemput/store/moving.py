"""Moves a town from an SQLite database to a PostgreSQL one, while it runs, and loses nothing.

    close the source -> copy and count -> read back and compare -> commit -> say where it went

Closed means: every group is taken over, and the source itself refuses whatever is written, by
triggers, so that an API that runs on cannot take an act that would stay behind. All of the copy
is one transaction of the target.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any, Final

from sqlalchemy import (
    Connection,
    Engine,
    LargeBinary,
    Row,
    Table,
    delete,
    func,
    insert,
    literal,
    select,
    text,
    update,
)

from jemput.store.database import (
    MOVED,
    MOVING,
    Moved,
    SchemaError,
    check_schema,
    create_tables,
    found_revision,
    moved_to,
    storable,
    writing,
)
from jemput.store.schema import SCHEMA_REVISION, about, journal_group, metadata

ROWS_AT_ONCE: Final = 1000
BLOBS_AT_ONCE: Final = 16
ONE_AT_A_TIME: Final = 0x6A656D71
"""The key of PostgreSQL's advisory lock: `jemq`, the one behind that of migrations."""
TABLES: Final = tuple(table for table in metadata.sorted_tables if table is not about)
"""In an order in which rows find those that they refer to."""


@dataclass(frozen=True, slots=True)
class Counted:
    """So many rows of a table are there."""

    table: str
    rows: int
    of: int


@dataclass(slots=True)
class Sum:
    """Rows counted, and added up in a way that no order changes."""

    rows: int = 0
    total: int = 0

    def add(self, rows: Sequence[Row[Any]]) -> None:
        """Take some rows."""
        self.rows += len(rows)
        for row in rows:
            told = repr([storable(one) if isinstance(one, str) else one for one in row])
            hashed = blake2b(told.encode(), digest_size=16).digest()
            self.total = (self.total + int.from_bytes(hashed)) % 2**128


Show = Callable[[Counted], None]


def move_town(source: Engine, target: Engine, show: Show) -> dict[str, int]:
    """Move the town of `source` into the empty database `target`; return the rows of each table.

    What was ended half-way goes on when it is called again. Raises `SchemaError` where it cannot
    be done; then the source is as it was, but for ingesters that were taken over.
    """
    where = target.url.render_as_string()
    was_closed = _check_source(source, target, where)
    create_tables(target)
    may_reopen = False
    try:
        with writing(target) as there:
            _be_the_only_one(there, where)
            is_filled = _check_target(there, where, may_be_full=was_closed)
            may_reopen = not was_closed
            close_town(source, where)
            with source.connect() as here:
                into = None if is_filled else there
                sums = {table.name: _carry(here, into, table, show) for table in TABLES}
            _compare(there, sums, where)
            _go_on_counting(there)
    except BaseException:
        if may_reopen:
            reopen_town(source)
        raise
    with writing(source) as connection:
        connection.execute(update(about).where(about.c.key == MOVING).values(key=MOVED))
    return {name: one.rows for name, one in sums.items()}


def close_town(source: Engine, where: str) -> None:
    """Take every group over and let nobody write any more; in one transaction."""
    with writing(source) as connection:
        if moved_to(connection) is not None:
            return
        connection.execute(update(journal_group).values(epoch=journal_group.c.epoch + 1))
        connection.execute(insert(about).values(key=MOVING, value=where))
        sentence = Moved(where, is_done=True).sentence.replace("'", "''")
        for name, table, deed in _triggers():
            refusal = f"BEGIN SELECT RAISE(ABORT, '{sentence}'); END"
            connection.execute(text(f"CREATE TRIGGER {name} BEFORE {deed} ON {table} {refusal}"))


def reopen_town(source: Engine) -> None:
    """Let it be written to again; ingesters that were taken over have to be started."""
    with writing(source) as connection:
        connection.execute(delete(about).where(about.c.key.in_((MOVED, MOVING))))
        for name, _, _ in _triggers():
            connection.execute(text(f"DROP TRIGGER IF EXISTS {name}"))


def _triggers() -> Iterator[tuple[str, str, str]]:
    """Name, table and deed of each trigger that keeps a source closed."""
    for table in TABLES:
        for deed in ("insert", "update", "delete"):
            yield f"closed_to_{deed}_{table.name}", table.name, deed.upper()


def _check_source(source: Engine, target: Engine, where: str) -> bool:
    """Whether the source is closed already, by a move to the same place that did not end."""
    if source.dialect.name != "sqlite" or target.dialect.name != "postgresql":
        raise SchemaError("a town moves from an SQLite database to a PostgreSQL one")
    with source.connect() as connection:
        moved = moved_to(connection) if found_revision(connection) == SCHEMA_REVISION else None
    if moved is not None and moved.to == where and not moved.is_done:
        return True
    check_schema(source)
    return False


def _be_the_only_one(there: Connection, where: str) -> None:
    locked = there.execute(text(f"SELECT pg_try_advisory_xact_lock({ONE_AT_A_TIME})"))
    if not locked.scalar_one():
        raise SchemaError(f"somebody else is copying into {where}: wait until that has ended")


def _check_target(there: Connection, where: str, *, may_be_full: bool) -> bool:
    """Whether there are rows, which the move before left. Raises `SchemaError` for others."""
    for table in TABLES:
        if there.execute(select(literal(1)).select_from(table).limit(1)).first():
            if may_be_full:
                return True
            raise SchemaError(f"{where} is not empty, it has rows in {table.name}: name another")
    return False


def _carry(here: Connection, there: Connection | None, table: Table, show: Show) -> Sum:
    """Copy the rows of a table, or only add them up where `there` is None."""
    from jemput.store import postgresql  # noqa: PLC0415 - as in database.py

    of = here.execute(select(func.count()).select_from(table)).scalar_one()
    carried = Sum()
    for rows in _rows(here, table):
        if there is not None:
            postgresql.copy_rows(there, table, rows)
        carried.add(rows)
        show(Counted(table.name, carried.rows, of))
    return carried


def _compare(there: Connection, sums: dict[str, Sum], where: str) -> None:
    for table in TABLES:
        found, expected = Sum(), sums[table.name]
        for rows in _rows(there, table):
            found.add(rows)
        if found != expected:
            raise SchemaError(
                f"{where} has {found.rows} rows in {table.name}, the source has {expected.rows}, "
                "and they are not the same. Where an ingester already wrote there, the town lives "
                "there; else name another database"
            )


def _rows(connection: Connection, table: Table) -> Iterator[Sequence[Row[Any]]]:
    """Everything in a table, so many rows at once that they fit into a small memory."""
    has_blobs = any(isinstance(column.type, LargeBinary) for column in table.c)
    at_once = BLOBS_AT_ONCE if has_blobs else ROWS_AT_ONCE
    result = connection.execute(select(table), execution_options={"yield_per": at_once})
    yield from result.partitions()


def _go_on_counting(there: Connection) -> None:
    """The next id of a table is behind the last one that was copied."""
    for table in TABLES:
        if table.autoincrement_column is None or "id" not in table.c:
            continue
        sequence = text(
            f"SELECT setval(pg_get_serial_sequence('{table.name}', 'id'), "  # noqa: S608 - our own name
            f"coalesce(max(id), 1), max(id) IS NOT NULL) FROM {table.name}"
        )
        there.execute(sequence)
