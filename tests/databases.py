"""The databases that a town may live in: each test gets one of its own."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from sqlalchemy import Engine, text

from jemput.store.database import writing
from tests.servers import PostgreSql

DATABASES: Final = ("sqlite", "postgresql")


@contextmanager
def running_postgresql() -> Iterator[PostgreSql]:
    """A server in a folder that its user may enter, and nobody else."""
    with tempfile.TemporaryDirectory(prefix="jemput-postgresql-") as folder:
        Path(folder).chmod(0o711)
        with PostgreSql(Path(folder) / "server") as server:
            yield server


def sqlite_url(folder: Path) -> str:
    """The URL of a file that is not there yet."""
    return f"sqlite:///{folder / 'jemput.db'}"


REFUSING: Final = {
    "sqlite": (
        "CREATE TRIGGER refuse BEFORE INSERT ON {} BEGIN SELECT RAISE(ABORT, 'no'); END",
        "DROP TRIGGER refuse",
    ),
    "postgresql": (
        "ALTER TABLE {} ADD CONSTRAINT refuse CHECK (false) NOT VALID",
        "ALTER TABLE {} DROP CONSTRAINT refuse",
    ),
}


@contextmanager
def refusing(engine: Engine, table: str) -> Iterator[None]:
    """While inside, the database itself takes no new row of a table."""
    begin, end = REFUSING[engine.dialect.name]
    with writing(engine) as connection:
        connection.execute(text(begin.format(table)))
    yield
    with writing(engine) as connection:
        connection.execute(text(end.format(table)))
