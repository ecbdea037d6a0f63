"""An entry that was committed elsewhere, put into a database that was restored to before it.

What people did is in the entry as well. Where the restored inbox still holds it, its effect
is in the database already; else it is done here, as the API did it.
"""

from collections import deque
from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection, insert, select

from jemput.entry import Act, Changed, Entry, Event, OpenedByHand
from jemput.fold.acts import STATE_AFTER
from jemput.pickup import Move
from jemput.registry import Registry
from jemput.store import effects
from jemput.store import journal as journals
from jemput.store.journal import Journal
from jemput.store.registry import write_change
from jemput.store.schema import inbox, quarantine

Quarantined = dict[str, Any]


def reapply(
    connection: Connection,
    journal: Journal,
    entry: Entry,
    quarantined: Sequence[Quarantined],
    registry: Registry,
) -> None:
    """Append the entry, and do what followed from it. `registry` is that after the entry."""
    waiting = _waiting(connection, journal.group)
    drained = []
    for event in entry.intake.events:
        ids = waiting.get(msgspec.msgpack.encode(event))
        if ids:
            drained.append(ids.popleft())
        else:
            _redo(connection, journal.group, event, registry)
    journal.append(connection, entry)
    journals.mark_drained(connection, drained, entry.position)
    effects.write_decisions(connection, journal.group, entry, registry)
    if quarantined:
        connection.execute(insert(quarantine), list(quarantined))


def _waiting(connection: Connection, group: str) -> dict[bytes, deque[int]]:
    query = select(inbox.c.id, inbox.c.blob).where(
        inbox.c.group_id == group, inbox.c.position.is_(None)
    )
    waiting: dict[bytes, deque[int]] = {}
    for row in connection.execute(query.order_by(inbox.c.id)):
        waiting.setdefault(row.blob, deque()).append(row.id)
    return waiting


def _redo(connection: Connection, group: str, event: Event, registry: Registry) -> None:
    match event:
        case Act():
            moved = Move(STATE_AFTER[event.kind], event.at_ms, event.by, event.note)
            effects.move_pickup(connection, event.pickup, moved)
        case OpenedByHand(pickup, by):
            site = registry.site_of(pickup.bin)
            effects.insert_pickup(connection, group, pickup, site=site, by=by, position=None)
        case Changed(change):
            write_change(connection, group, change, registry)
        case _:
            return
