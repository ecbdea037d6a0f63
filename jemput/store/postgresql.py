"""What PostgreSQL does not take as SQLite does. Imported only by those who use it."""

from typing import Any

from psycopg.adapt import Buffer
from psycopg.types.string import StrDumperUnknown

from jemput.store.database import storable


class TextDumper(StrDumperUnknown):
    """Text without NUL, which PostgreSQL refuses: a device's NUL must not stop a commit."""

    def dump(self, obj: str) -> Buffer | None:
        """The text as PostgreSQL takes it."""
        return super().dump(storable(obj))


def prepare(connection: Any, _record: object) -> None:  # noqa: ANN401 - a driver's object
    """Set a new connection up."""
    connection.adapters.register_dumper(str, TextDumper)
