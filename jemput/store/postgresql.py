"""What PostgreSQL does not take as SQLite does. Imported only by those who use it."""

from typing import Any, Final

from psycopg.adapt import Buffer
from psycopg.types.string import StrDumperUnknown

REPLACEMENT: Final = "\ufffd"


class TextDumper(StrDumperUnknown):
    """Text without NUL, which PostgreSQL refuses: a device's NUL must not stop a commit."""

    def dump(self, obj: str) -> Buffer | None:
        """The text as PostgreSQL takes it."""
        return super().dump(storable(obj))


def storable(text: str) -> str:
    """The text with a sign in place of each NUL."""
    return text.replace("\0", REPLACEMENT)


def prepare(connection: Any, _record: object) -> None:  # noqa: ANN401 - a driver's object
    """Set a new connection up."""
    connection.adapters.register_dumper(str, TextDumper)
