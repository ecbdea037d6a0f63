"""The operational database: SQLite in WAL mode, or PostgreSQL by URL."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from sqlalchemy import URL, Connection, Engine, create_engine, event, insert, make_url, select

from jemput.mendable import MendableError
from jemput.store.schema import SCHEMA_REVISION, about, metadata, revision

_WRITES: Final = "jemput_writes"
BUSY_TIMEOUT_MS: Final = 10_000
CONNECT_TIMEOUT_S: Final = 10
OURS_ALONE: Final = 0o600
FROZEN_AFTER_MS: Final = 10_000
MOVED: Final = "moved_to"
MOVING: Final = "moving_to"
FIRST_REVISION: Final = "0001"

_besides: ContextVar[Callable[[Connection], None] | None] = ContextVar("besides", default=None)


class SchemaError(MendableError):
    """The database is not as this version needs it; the message says what to do."""


def open_database(url: str) -> Engine:
    """An engine for `url` (`sqlite:///path` or `postgresql://...`). Touches nothing yet.

    Raises `ArgumentError` for what is no URL, `SchemaError` for one of another kind of database.
    """
    parsed = make_url(url)
    kind = parsed.get_backend_name()
    if kind == "sqlite":
        engine = create_engine(parsed)
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine
    if kind in {"postgresql", "postgres"}:
        return _open_postgresql(parsed.set(drivername="postgresql+psycopg"))
    raise SchemaError(f"{kind} cannot be used: write sqlite:///path or postgresql://user@host/name")


def _open_postgresql(url: URL) -> Engine:
    from jemput.store import postgresql  # noqa: PLC0415 - 0.1 s that SQLite need not pay

    asked = url.query.get("options", "")
    engine = create_engine(
        url,
        pool_pre_ping=True,  # a server that was restarted costs no commit
        connect_args={
            "connect_timeout": CONNECT_TIMEOUT_S,
            "application_name": "jemput",
            # Who is frozen inside a transaction must not keep the group's row for ever.
            "options": f"-c idle_in_transaction_session_timeout={FROZEN_AFTER_MS} {asked}",
        },
    )
    event.listen(engine, "connect", postgresql.prepare)
    return engine


def storable(words: str) -> str:
    """Text as PostgreSQL takes it: with a sign in place of each NUL."""
    return words.replace("\0", "\ufffd")


def create_tables(engine: Engine) -> None:
    """Make the tables where there are none. Raises `SchemaError` where there are others.

    A new file of SQLite is for our eyes only: it holds hashes of passwords.
    """
    if engine.dialect.name == "sqlite" and engine.url.database:
        Path(engine.url.database).touch(mode=OURS_ALONE)
    with writing(engine) as connection:
        if found_revision(connection) is None:
            metadata.create_all(connection)
            revision.create(connection, checkfirst=True)
            connection.execute(insert(revision).values(version_num=SCHEMA_REVISION))
    check_schema(engine)


def check_schema(engine: Engine) -> None:
    """Raise `SchemaError` where the tables are not those of this version."""
    with engine.connect() as connection:
        found = found_revision(connection)
        moved = None if found is None else moved_to(connection)
    if moved is not None:
        raise SchemaError(moved.sentence)
    if found is None:
        raise SchemaError("the database has no tables yet: run `jemput db create` once")
    if found < SCHEMA_REVISION:
        message = (
            f"the database has schema {found}, this program needs {SCHEMA_REVISION}: "
            "back it up, then run `jemput db migrate`"
        )
        raise SchemaError(message)
    if found > SCHEMA_REVISION:
        message = (
            f"the database has schema {found}, newer than this program's {SCHEMA_REVISION}: start "
            f"the version that made it, or run its `jemput db migrate --to {SCHEMA_REVISION}`"
        )
        raise SchemaError(message)


def found_revision(connection: Connection) -> str | None:
    """Which revision the tables are of; None where there are none."""
    if is_noted(connection):
        noted: str | None = connection.execute(select(revision.c.version_num)).scalar()
        return noted
    made_before = connection.dialect.has_table(connection, about.name)
    return FIRST_REVISION if made_before else None


def is_noted(connection: Connection) -> bool:
    """Whether the database knows its revision; those of before there were any do not."""
    return connection.dialect.has_table(connection, revision.name)


@dataclass(frozen=True, slots=True)
class Moved:
    """Where the town of this database went, or is going: a URL without its password."""

    to: str
    is_done: bool

    @property
    def sentence(self) -> str:
        """What whoever opens this database is told."""
        if self.is_done:
            return f"this town moved to {self.to}: use that database (JEMPUT_DATABASE_URL)"
        return (
            f"this town is being moved to {self.to}: wait for `jemput db copy`, or, where it was "
            "ended half-way, run it again; `jemput db reopen` gives the move up"
        )


def moved_to(connection: Connection) -> Moved | None:
    """Where the town went; None while it lives here. The tables must be there."""
    query = select(about.c.key, about.c.value).where(about.c.key.in_((MOVED, MOVING)))
    row = connection.execute(query.order_by(about.c.key)).first()
    return Moved(row.value, is_done=row.key == MOVED) if row else None


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """One transaction that writes. SQLite takes the write lock at its start, never half-way."""
    with engine.connect() as connection, writing_on(connection):
        yield connection


@contextmanager
def writing_on(connection: Connection) -> Iterator[None]:
    """As `writing`, on a connection that is in no transaction."""
    also = _besides.get()
    with connection.execution_options(**{_WRITES: True}).begin():
        if also is not None:
            also(connection)
        yield


@contextmanager
def besides(also: Callable[[Connection], None] | None) -> Iterator[None]:
    """What this context does first in each transaction that it writes; None for nothing."""
    before = _besides.set(also)
    try:
        yield
    finally:
        _besides.reset(before)


def _prepare_sqlite(connection: Any, _record: object) -> None:  # noqa: ANN401 - a driver's object
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in (
        "journal_mode = WAL",
        "synchronous = FULL",
        "foreign_keys = ON",
        f"busy_timeout = {BUSY_TIMEOUT_MS}",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get(_WRITES, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
