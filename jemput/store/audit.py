"""The audit log: written in the transaction of the change it tells of, never changed after."""

from collections.abc import Iterable, Sequence

import msgspec
from msgspec import Struct
from sqlalchemy import Connection, Engine, insert, select

from jemput.store.schema import audit


class Change(Struct, frozen=True):
    """One change: to what, and what it was before and after; None where it was not there."""

    what: str
    kind: str
    thing: str
    before: object = None
    after: object = None


class Line(Struct, frozen=True):
    """A line of the log. Before and after are JSON."""

    id: int
    at_ms: int
    who: str
    what: str
    kind: str
    thing: str
    before: str | None
    after: str | None


def note(connection: Connection, who: str, at_ms: int, change: Change) -> None:
    """Write a line; the caller's transaction decides whether it happened."""
    note_all(connection, who, at_ms, [change])


def note_all(connection: Connection, who: str, at_ms: int, changes: Iterable[Change]) -> None:
    """Write a line for each, in their order."""
    rows = [
        {
            "at_ms": at_ms,
            "who": who,
            "what": one.what,
            "kind": one.kind,
            "thing": one.thing,
            "before": _json(one.before),
            "after": _json(one.after),
        }
        for one in changes
    ]
    if rows:
        connection.execute(insert(audit), rows)


class AuditLog:
    """The log, to be searched."""

    def __init__(self, engine: Engine) -> None:
        """Take the database; touch nothing."""
        self.engine = engine

    def search(  # noqa: PLR0913 - what a line can be searched by
        self,
        *,
        who: str | None = None,
        kind: str | None = None,
        thing: str | None = None,
        from_ms: int = 0,
        before_id: int | None = None,
        most: int = 100,
    ) -> Sequence[Line]:
        """Lines, newest first; `before_id` goes on where the last search ended."""
        query = select(audit).where(audit.c.at_ms >= from_ms)
        for column, value in ((audit.c.who, who), (audit.c.kind, kind), (audit.c.thing, thing)):
            if value is not None:
                query = query.where(column == value)
        if before_id is not None:
            query = query.where(audit.c.id < before_id)
        with self.engine.connect() as connection:
            rows = connection.execute(query.order_by(audit.c.id.desc()).limit(most)).all()
        return [
            Line(row.id, row.at_ms, row.who, row.what, row.kind, row.thing, row.before, row.after)
            for row in rows
        ]


def _json(value: object) -> str | None:
    return None if value is None else msgspec.json.encode(value).decode()
