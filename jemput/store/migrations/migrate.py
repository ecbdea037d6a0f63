"""Brings the tables of a database from one revision to another, up and down, in one transaction."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, text, update

from jemput.store.database import (
    SchemaError,
    found_revision,
    is_noted,
    moved_to,
    writing,
    writing_on,
)
from jemput.store.schema import SCHEMA_REVISION, journal_group

FOLDER: Final = Path(__file__).parent
NOTHING: Final = "base"
"""Down to no tables at all."""
ONE_AT_A_TIME: Final = 0x6A656D70
"""The key of PostgreSQL's advisory lock: `jemp`."""


@dataclass(frozen=True, slots=True)
class Revision:
    """A schema that there was: its number, and what came with it."""

    number: str
    says: str


def revisions(config: Config | None = None) -> list[Revision]:
    """Every revision, oldest first."""
    scripts = ScriptDirectory.from_config(config or configuration())
    return [Revision(one.revision, one.doc) for one in reversed([*scripts.walk_revisions()])]


def configuration() -> Config:
    """Where alembic finds the revisions."""
    config = Config()
    config.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config


def migrate(engine: Engine, to: str = SCHEMA_REVISION, config: Config | None = None) -> str:
    """Bring the tables to revision `to`; return the one they had, or `NOTHING`.

    Writers that run meanwhile are taken over, so that none goes on with tables that it does not
    know. Raises `SchemaError` where the tables or `to` are not of any known revision.
    """
    config = config or configuration()
    known = [NOTHING, *(one.number for one in revisions(config))]
    if to not in known:
        raise SchemaError(f"there is no schema {to}: there are {', '.join(known[1:])}")
    with _rebuilding(engine) as connection:
        before = found_revision(connection) or NOTHING
        if before not in known:
            message = f"the database has schema {before}, newer than this program's {known[-1]}"
            raise SchemaError(f"{message}: go down with the version that made it")
        if before != NOTHING and (moved := moved_to(connection)):
            raise SchemaError(moved.sentence)
        config.attributes["connection"] = connection
        if before != NOTHING and not is_noted(connection):
            command.stamp(config, before)
        step = command.upgrade if known.index(to) >= known.index(before) else command.downgrade
        step(config, to)
        if to != NOTHING:
            connection.execute(update(journal_group).values(epoch=journal_group.c.epoch + 1))
    return before


@contextmanager
def _rebuilding(engine: Engine) -> Iterator[Connection]:
    """A transaction in which tables may be made anew, while nobody else does so."""
    if engine.dialect.name != "sqlite":
        with writing(engine) as connection:
            connection.execute(text(f"SELECT pg_advisory_xact_lock({ONE_AT_A_TIME})"))
            yield connection
        return
    with engine.connect() as connection:
        # SQLite would follow foreign keys when a table is dropped to be made anew.
        _tell_sqlite(connection, "PRAGMA foreign_keys = OFF")
        try:
            with writing_on(connection):
                yield connection
                broken = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
                if broken:
                    raise SchemaError(f"nothing was changed: rows refer to nothing: {broken[:3]}")
        finally:
            _tell_sqlite(connection, "PRAGMA foreign_keys = ON")


def _tell_sqlite(connection: Connection, pragma: str) -> None:
    """Outside of any transaction, where such a pragma has no effect."""
    driver: Any = connection.connection.driver_connection
    driver.execute(pragma)
