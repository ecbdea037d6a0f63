"""Our names at the broker: whoever knows one can throw us out, so they are drawn, and kept."""

import secrets
from typing import NamedTuple

from sqlalchemy import Connection, insert, select

from ingest.writer import Writer
from jemput.store.database import writing
from jemput.store.schema import about


class ClientIds(NamedTuple):
    """Who hears, in a session that the broker keeps under this name, and who speaks."""

    ear: str
    speaker: str

    @classmethod
    def named(cls, client_id: str) -> "ClientIds":
        """As a person wants it."""
        return cls(client_id, f"{client_id}-says")

    @classmethod
    def of(cls, writer: Writer) -> "ClientIds":
        """The group's own, drawn at its first start. Raises `TakenOverError`."""
        group = writer.journal.group
        with writing(writer.journal.engine) as connection:
            writer.journal.lock(connection, writer.epoch)
            return cls(
                _drawn_once(connection, f"client_id/{group}"),
                _drawn_once(connection, f"speaker_id/{group}"),
            )


def _drawn_once(connection: Connection, key: str) -> str:
    """What `about` holds under `key`: 22 letters and digits, as every broker takes them."""
    known: str | None = connection.execute(select(about.c.value).where(about.c.key == key)).scalar()
    if known is not None:
        return known
    drawn = "jemput" + secrets.token_hex(8)
    connection.execute(insert(about).values(key=key, value=drawn))
    return drawn
