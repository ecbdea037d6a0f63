"""What happened behind a cursor, in the order in which it was committed.

Whoever moves a pickup or an incident of a group holds the group's row, so ids grow in the order
of commits there, and nothing appears below an id that was read.
"""

from collections.abc import Sequence
from heapq import merge
from typing import Any

from msgspec import Struct
from sqlalchemy import Connection, Row, func, select

from jemput.decisions import IncidentKind
from jemput.events import Event, type_of_incident, type_of_pickup
from jemput.pickup import State
from jemput.store.schema import incident, incident_move, pickup, pickup_move


class Read(Struct, frozen=True):
    """Up to which moves of pickups and of incidents somebody has read."""

    pickup_move: int
    incident_move: int


def heads(connection: Connection) -> Read:
    """Everything that happened so far. The caller holds the group's row."""
    newest = [
        connection.execute(select(func.max(table.c.id))).scalar() or 0
        for table in (pickup_move, incident_move)
    ]
    return Read(*newest)


def after(
    connection: Connection, group: str, read: Read, most: int
) -> tuple[Sequence[Event], Read]:
    """The next events of a group, oldest first, and up to where they lead."""
    moves = connection.execute(
        select(pickup_move, pickup.c.bin, pickup.c.site, pickup.c.reason)
        .add_columns(pickup.c.opened_ms, pickup.c.collector)
        .join_from(pickup_move, pickup, pickup.c.id == pickup_move.c.pickup)
        .where(pickup.c.group_id == group, pickup_move.c.id > read.pickup_move)
        .order_by(pickup_move.c.id)
        .limit(most)
    ).all()
    turns = connection.execute(
        select(incident_move, incident.c.kind, incident.c.scope, incident.c.site)
        .add_columns(incident.c.detail, incident.c.opened_ms)
        .join_from(incident_move, incident, incident.c.id == incident_move.c.incident)
        .where(incident.c.group_id == group, incident_move.c.id > read.incident_move)
        .order_by(incident_move.c.id)
        .limit(most)
    ).all()
    upto = Read(
        moves[-1].id if moves else read.pickup_move,
        turns[-1].id if turns else read.incident_move,
    )
    both = merge(map(_of_pickup, moves), map(_of_incident, turns), key=lambda one: one.at_ms)
    return list(both), upto


def _of_pickup(row: Row[Any]) -> Event:
    """A pickup comes into each state once, so that names the event for ever."""
    data = {
        "pickup": row.pickup,
        "bin": row.bin,
        "site": row.site,
        "state": row.state,
        "at_s": row.at_ms // 1000,
        "by": row.by,
        "note": row.note,
        "reason": row.reason,
        "opened_at_s": row.opened_ms // 1000,
        "collector": row.collector,
    }
    kind = type_of_pickup(State(row.state))
    return Event(f"{row.pickup}/{row.state}", kind, row.pickup, row.site, row.at_ms, data)


def _of_incident(row: Row[Any]) -> Event:
    kind = IncidentKind(row.kind)
    what = "closed" if row.is_over else "opened"
    data = {
        "kind": row.kind,
        "scope": row.scope,
        "site": row.site,
        "detail": row.detail,
        "opened_at_s": row.opened_ms // 1000,
        "closed_at_s": row.at_ms // 1000 if row.is_over else None,
    }
    name = f"{row.kind}/{row.scope}/{row.opened_ms}/{what}"
    told = type_of_incident(kind, is_over=row.is_over)
    return Event(name, told, row.scope, row.site, row.at_ms, data)
