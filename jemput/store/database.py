"""The operational database: SQLite in WAL mode, or PostgreSQL by URL."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from sqlalchemy import Connection, Engine, create_engine, event, insert, select

from jemput.store.schema import SCHEMA_REVISION, about, metadata, revision

_WRITES: Final = "jemput_writes"
BUSY_TIMEOUT_MS: Final = 10_000
FIRST_REVISION: Final = "0001"


class SchemaError(RuntimeError):
    """The database is not as this version needs it; the message says what to do."""


def open_database(url: str) -> Engine:
    """An engine for `url` (`sqlite:///path` or `postgresql://...`). Touches nothing yet."""
    engine = create_engine(url)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    return engine


def create_tables(engine: Engine) -> None:
    """Make the tables where there are none. Raises `SchemaError` where there are others."""
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


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """One transaction that writes. SQLite takes the write lock at its start, never half-way."""
    with engine.connect() as connection, writing_on(connection):
        yield connection


@contextmanager
def writing_on(connection: Connection) -> Iterator[None]:
    """As `writing`, on a connection that is in no transaction."""
    with connection.execution_options(**{_WRITES: True}).begin():
        yield


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
