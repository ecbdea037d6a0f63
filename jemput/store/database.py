"""The operational database: SQLite in WAL mode, or PostgreSQL by URL."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from sqlalchemy import Connection, Engine, create_engine, event, insert, select

from jemput.store.schema import SCHEMA_VERSION, about, metadata

_WRITES: Final = "jemput_writes"
BUSY_TIMEOUT_MS: Final = 10_000


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
    """Make what is missing of the tables; leave alone what is there."""
    metadata.create_all(engine)
    with writing(engine) as connection:
        known = connection.execute(select(about.c.value).where(about.c.key == "schema")).scalar()
        if known is None:
            connection.execute(insert(about).values(key="schema", value=str(SCHEMA_VERSION)))
    check_schema(engine)


def check_schema(engine: Engine) -> None:
    """Raise `SchemaError` where another version made the tables."""
    with engine.connect() as connection:
        if not engine.dialect.has_table(connection, about.name):
            message = "the database has no tables yet: run `jemput db create` once"
            raise SchemaError(message)
        found = connection.execute(select(about.c.value).where(about.c.key == "schema")).scalar()
    if found != str(SCHEMA_VERSION):
        message = (
            f"the database has schema version {found}, this program needs {SCHEMA_VERSION}: "
            "start the version that made it, or move its data"
        )
        raise SchemaError(message)


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """One transaction that writes. SQLite takes the write lock at its start, never half-way."""
    with engine.connect().execution_options(**{_WRITES: True}) as connection, connection.begin():
        yield connection


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
