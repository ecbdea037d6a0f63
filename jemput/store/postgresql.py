"""What PostgreSQL does not take as SQLite does. Imported only by those who use it."""

from collections.abc import Sequence
from typing import Any

import psycopg
from psycopg.adapt import Buffer
from psycopg.sql import SQL, Identifier
from psycopg.types.string import StrDumperUnknown
from sqlalchemy import Connection, Row, Table

from jemput.store.database import SchemaError, storable


class TextDumper(StrDumperUnknown):
    """Text without NUL, which PostgreSQL refuses: a device's NUL must not stop a commit."""

    def dump(self, obj: str) -> Buffer | None:
        """The text as PostgreSQL takes it."""
        return super().dump(storable(obj))


def prepare(connection: Any, _record: object) -> None:  # noqa: ANN401 - a driver's object
    """Set a new connection up."""
    connection.adapters.register_dumper(str, TextDumper)


def copy_rows(there: Connection, table: Table, rows: Sequence[Row[Any]]) -> None:
    """Put whole rows into a table, three times as fast as INSERT. Raises `SchemaError`."""
    names = SQL(", ").join(Identifier(column.name) for column in table.c)
    command = SQL("COPY {} ({}) FROM STDIN").format(Identifier(table.name), names)
    driver: Any = there.connection.driver_connection
    try:
        with driver.cursor() as cursor, cursor.copy(command) as copy:
            for row in rows:
                copy.write_row(row)
    except psycopg.Error as error:
        raise SchemaError(f"rows of {table.name} were refused: {error}".splitlines()[0]) from error
