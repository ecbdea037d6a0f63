"""apsw as a DB-API driver, as far as SQLAlchemy and this program need one."""

import contextlib
from collections.abc import Callable, Iterator, Sequence
from sqlite3 import (
    DatabaseError,
    DataError,
    Error,
    IntegrityError,
    InterfaceError,
    InternalError,
    NotSupportedError,
    OperationalError,
    ProgrammingError,
    Warning,  # noqa: A004 - DB-API calls it so
)
from typing import Any, Final

import apsw

__all__ = [
    "DataError",
    "DatabaseError",
    "Error",
    "IntegrityError",
    "InterfaceError",
    "InternalError",
    "NotSupportedError",
    "OperationalError",
    "ProgrammingError",
    "Warning",
    "connect",
]
apilevel: Final = "2.0"
paramstyle: Final = "qmark"
threadsafety: Final = 1
sqlite_version: Final = apsw.sqlite_lib_version()
sqlite_version_info: Final = tuple(int(part) for part in sqlite_version.split("."))
Binary: Final = bytes
KEPT: Final[list[apsw.VFS]] = []
"""A VFS lives only as long as somebody keeps it."""

Row = tuple[Any, ...]


def connect(database: str, **_: object) -> "Connection":
    """Open a file."""
    with _in_usual_words():
        return Connection(apsw.Connection(database))


@contextlib.contextmanager
def _in_usual_words() -> Iterator[None]:
    try:
        yield
    except apsw.ConstraintError as error:
        raise IntegrityError(str(error)) from error
    except apsw.Error as error:
        raise OperationalError(f"{type(error).__name__}: {error}") from error


class Connection:
    """One connection; it begins no transaction by itself, as with `isolation_level = None`."""

    isolation_level: str | None = None

    def __init__(self, inner: apsw.Connection) -> None:
        """Take an open one."""
        self.inner = inner

    def cursor(self) -> "Cursor":
        """Make a cursor."""
        return Cursor(self.inner)

    def commit(self) -> None:
        """End the transaction, if there is one."""
        self._end("COMMIT")

    def rollback(self) -> None:
        """Undo the transaction, if there is one."""
        self._end("ROLLBACK")

    def close(self) -> None:
        """Close it."""
        with _in_usual_words():
            self.inner.close()

    def create_function(
        self, name: str, arguments: int, call: Callable[..., Any], *, deterministic: bool = False
    ) -> None:
        """Make a function that statements may call."""
        self.inner.create_scalar_function(name, call, arguments, deterministic=deterministic)

    def _end(self, statement: str) -> None:
        with _in_usual_words():
            if self.inner.in_transaction:
                self.inner.execute(statement)


class Cursor:
    """Runs statements; rows are read at once, since nobody here asks for many."""

    arraysize = 1

    def __init__(self, connection: apsw.Connection) -> None:
        """Take the connection."""
        self._connection = connection
        self._inner = connection.cursor()
        self._inner.exec_trace = self._note
        self._rows: list[Row] = []
        self.description: tuple[Row, ...] | None = None
        self.rowcount = -1

    @property
    def lastrowid(self) -> int:
        """The id of the newest row."""
        return self._connection.last_insert_rowid()

    def execute(self, statement: str, values: Sequence[Any] = ()) -> "Cursor":
        """Run a statement."""
        with _in_usual_words():
            self._rows = list(self._inner.execute(statement, tuple(values)))
            self.rowcount = self._connection.changes() if _changes(statement) else -1
        return self

    def executemany(self, statement: str, many: Sequence[Sequence[Any]]) -> "Cursor":
        """Run a statement for each of many values."""
        changed = 0
        for values in many:
            changed += self.execute(statement, values).rowcount
        self.rowcount = changed
        return self

    def fetchone(self) -> Row | None:
        """Return the next row."""
        return self._rows.pop(0) if self._rows else None

    def fetchmany(self, size: int = 1) -> list[Row]:
        """Return the next rows."""
        taken, self._rows = self._rows[:size], self._rows[size:]
        return taken

    def fetchall(self) -> list[Row]:
        """Return the rows that are left."""
        return self.fetchmany(len(self._rows))

    def close(self) -> None:
        """Let go of it."""
        self._inner.close(force=True)

    def _note(self, inner: apsw.Cursor, _statement: str, _values: object) -> bool:
        """Note the columns before the first step: they are known even where there is no row."""
        columns = inner.get_description()
        self.description = tuple((one[0], *[None] * 6) for one in columns) or None
        return True


def _changes(statement: str) -> bool:
    return statement.lstrip()[:6].upper() in {"INSERT", "UPDATE", "DELETE", "REPLAC"}
