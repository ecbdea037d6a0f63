"""What an entry decided, written beside it in the same transaction."""

from collections.abc import Iterable
from typing import Any

import msgspec
from sqlalchemy import Connection, insert, select, update

from jemput.decisions import (
    CloseIncident,
    Decision,
    FlagPickup,
    HandOver,
    IncidentKind,
    MovePickup,
    OpenIncident,
    OpenPickup,
    Say,
)
from jemput.entry import Entry
from jemput.fold.admission import Poison
from jemput.pickup import OPEN, Move, Pickup, State
from jemput.registry import Registry
from jemput.store.schema import incident, incident_move, outbox, pickup, pickup_move, quarantine
from jemput.waves import leaves_ms

FOLD = "fold"


def write_decisions(connection: Connection, group: str, entry: Entry, registry: Registry) -> None:
    """Pickups, alerts and incidents of one entry."""
    for decision in entry.decisions:
        _write(connection, group, entry, decision, registry)


def _write(
    connection: Connection, group: str, entry: Entry, decision: Decision, registry: Registry
) -> None:
    now_ms = entry.intake.now_ms
    match decision:
        case OpenPickup(opened):
            site = registry.site_of(opened.bin)
            insert_pickup(connection, group, opened, site=site, by=FOLD, position=entry.position)
        case MovePickup(_, pickup_id, to, note):
            move_pickup(connection, pickup_id, Move(to, now_ms, FOLD, note))
        case FlagPickup(_, pickup_id, flag):
            connection.execute(
                update(pickup).where(pickup.c.id == pickup_id).values(flag=flag.value)
            )
        case HandOver(_, pickup_id, collector):
            connection.execute(
                update(pickup).where(pickup.c.id == pickup_id).values(collector=collector)
            )
        case OpenIncident(kind, scope, site, detail):
            row = {"kind": kind.value, "scope": scope, "site": site, "detail": detail}
            _open_incident(connection, {"group_id": group, "opened_ms": now_ms, **row})
        case CloseIncident(kind, scope, _):
            _close_incident(connection, kind, scope, now_ms)
        case Say():
            _write_say(connection, group, decision, registry)


def _open_incident(connection: Connection, row: dict[str, Any]) -> None:
    opened = connection.execute(insert(incident).values(**row)).inserted_primary_key
    _note_incident(connection, opened and opened[0], row["opened_ms"], is_over=False)


def _close_incident(connection: Connection, kind: IncidentKind, scope: str, now_ms: int) -> None:
    still_open = (
        (incident.c.kind == kind.value)
        & (incident.c.scope == scope)
        & incident.c.closed_ms.is_(None)
    )
    found = connection.execute(select(incident.c.id).where(still_open)).scalars().all()
    for one in found:
        connection.execute(update(incident).where(incident.c.id == one).values(closed_ms=now_ms))
        _note_incident(connection, one, now_ms, is_over=True)


def _note_incident(connection: Connection, one: int | None, at_ms: int, *, is_over: bool) -> None:
    row = {"incident": one, "is_over": is_over, "at_ms": at_ms}
    connection.execute(insert(incident_move).values(**row))


def insert_pickup(  # noqa: PLR0913 - one row and where it comes from
    connection: Connection, group: str, opened: Pickup, *, site: str, by: str, position: int | None
) -> None:
    """A new pickup and its first move. `position` is None where a person opened it."""
    connection.execute(
        insert(pickup).values(
            id=opened.id,
            group_id=group,
            bin=opened.bin,
            site=site,
            state=opened.state.value,
            reason=opened.reason.value,
            collector=opened.collector,
            opened_ms=opened.opened_ms,
            moved_ms=opened.moved_ms,
            flag=None,
            note=opened.note,
            position=position,
            is_open=True,
            why=msgspec.msgpack.encode(opened.why),
        )
    )
    _note_move(connection, opened.id, Move(opened.state, opened.opened_ms, by, opened.note))


def move_pickup(connection: Connection, pickup_id: str, moved: Move) -> None:
    """Move a pickup's row; the caller has asked the state machine."""
    values: dict[str, Any] = {
        "state": moved.state.value,
        "moved_ms": moved.at_ms,
        "is_open": moved.state in OPEN,
    }
    if moved.state is State.COLLECTED:
        values["flag"] = None
    if moved.note is not None:
        values["note"] = moved.note
    connection.execute(update(pickup).where(pickup.c.id == pickup_id).values(**values))
    _note_move(connection, pickup_id, moved)


def _note_move(connection: Connection, pickup_id: str, moved: Move) -> None:
    connection.execute(
        insert(pickup_move).values(
            pickup=pickup_id,
            state=moved.state.value,
            at_ms=moved.at_ms,
            by=moved.by,
            note=moved.note,
        )
    )


def write_quarantine(
    connection: Connection, group: str, entry: Entry, poison: Iterable[Poison]
) -> None:
    """Keep the messages that could not be taken, with the reason."""
    rows = [
        {
            "group_id": group,
            "position": entry.position,
            "at_ms": entry.intake.now_ms,
            "reason": one.reason,
            "detail": one.detail,
            "topic": one.topic,
            "device": one.device,
            "payload": one.payload,
        }
        for one in poison
    ]
    if rows:
        connection.execute(insert(quarantine), rows)


def _write_say(connection: Connection, group: str, said: Say, registry: Registry) -> None:
    waves = registry.sites[said.site].waves
    due_ms = leaves_ms(said.decided_ms, waves) if said.wait_for_wave else said.decided_ms
    say(connection, group, said, due_ms)


def say(connection: Connection, group: str, said: Say, due_ms: int) -> None:
    """Put an alert into the outbox, once for each of its channels."""
    rows = [
        {
            "group_id": group,
            "key": said.key,
            "channel": channel,
            "recipient": said.recipient,
            "kind": said.kind.value,
            "pickup": said.subject.pickup if said.subject else None,
            "due_ms": due_ms,
            "attempts": 0,
            "state": "waiting",
            "blob": msgspec.msgpack.encode(said),
        }
        for channel in said.channels
    ]
    connection.execute(insert(outbox), rows)
