"""What the operational database says of the pipeline itself: for readiness and metrics."""

from dataclasses import dataclass

import msgspec
from sqlalchemy import Connection, func, select

from api.services import Services
from jemput.fold.state import Listening
from jemput.store.checkpoints import GROUP_PART
from jemput.store.database import Moved, moved_to
from jemput.store.outbox import Delivery
from jemput.store.schema import (
    checkpoint,
    cursor,
    inbox,
    incident,
    journal,
    journal_group,
    outbox,
    pickup,
    quarantine,
)


@dataclass(frozen=True, slots=True)
class Sink:
    """How far a sink followed the journal; `waits_since_ms` is of the first entry it lacks."""

    position: int
    waits_since_ms: int | None


class Saved(msgspec.Struct):
    """What of a checkpoint is looked at: where it stands, broker and clock."""

    position: int
    listening: Listening
    clock_trusted: bool = True


@dataclass(frozen=True, slots=True)
class Facts:
    """All of it at one moment. `epoch` 0 means that no ingester ever wrote this group."""

    epoch: int
    head: int
    newest_entry_ms: int | None
    inbox_waiting: int
    outbox_waiting: int
    outbox_due_ms: int | None
    outbox_given_up: int
    open_pickups: dict[tuple[str, str], int]
    """By state and site."""
    open_incidents: dict[tuple[str, str], int]
    """By kind and site."""
    quarantined: int
    saved: Saved | None
    saved_waits_since_ms: int | None
    """Time of the first entry that the checkpoint lacks."""
    sinks: dict[str, Sink]
    moved: Moved | None
    """Where the town went, or is going."""


def read_facts(services: Services) -> Facts:
    """Ask the database. Raises what SQLAlchemy raises where it does not answer."""
    group = services.group
    with services.engine.connect() as connection:
        row = connection.execute(
            select(journal_group.c.epoch, journal_group.c.head).where(journal_group.c.id == group)
        ).first()
        waiting, due_ms = _waiting_letters(connection)
        saved = _saved(connection, group)
        return Facts(
            epoch=row.epoch if row else 0,
            head=row.head if row else 0,
            newest_entry_ms=_entry_ms(connection, group, row.head if row else 0),
            inbox_waiting=_waiting_events(connection, group),
            outbox_waiting=waiting,
            outbox_due_ms=due_ms,
            outbox_given_up=_given_up(connection),
            open_pickups=_open_pickups(connection, group),
            open_incidents=_open_incidents(connection, group),
            quarantined=_quarantined(connection, group),
            saved=saved,
            saved_waits_since_ms=_entry_ms(connection, group, saved.position + 1 if saved else 1),
            sinks=_sinks(connection, group),
            moved=moved_to(connection),
        )


def _entry_ms(connection: Connection, group: str, position: int) -> int | None:
    query = select(journal.c.now_ms).where(
        journal.c.group_id == group, journal.c.position == position
    )
    return connection.execute(query).scalar()


def _waiting_events(connection: Connection, group: str) -> int:
    query = select(func.count()).where(inbox.c.group_id == group, inbox.c.position.is_(None))
    count: int = connection.execute(query).scalar_one()
    return count


def _waiting_letters(connection: Connection) -> tuple[int, int | None]:
    query = select(func.count(), func.min(outbox.c.due_ms)).where(
        outbox.c.state == Delivery.WAITING.value
    )
    waiting, due_ms = connection.execute(query).one()
    return waiting, due_ms


def _given_up(connection: Connection) -> int:
    query = select(func.count()).where(outbox.c.state == Delivery.GIVEN_UP.value)
    count: int = connection.execute(query).scalar_one()
    return count


def _open_pickups(connection: Connection, group: str) -> dict[tuple[str, str], int]:
    query = select(pickup.c.state, pickup.c.site, func.count().label("how_many")).where(
        pickup.c.is_open, pickup.c.group_id == group
    )
    rows = connection.execute(query.group_by(pickup.c.state, pickup.c.site))
    return {(row.state, row.site): row.how_many for row in rows}


def _open_incidents(connection: Connection, group: str) -> dict[tuple[str, str], int]:
    query = select(incident.c.kind, incident.c.site, func.count().label("how_many")).where(
        incident.c.closed_ms.is_(None), incident.c.group_id == group
    )
    rows = connection.execute(query.group_by(incident.c.kind, incident.c.site))
    return {(row.kind, row.site): row.how_many for row in rows}


def _quarantined(connection: Connection, group: str) -> int:
    query = select(func.count()).where(
        quarantine.c.group_id == group, quarantine.c.readmitted_ms.is_(None)
    )
    count: int = connection.execute(query).scalar_one()
    return count


def _saved(connection: Connection, group: str) -> Saved | None:
    query = select(checkpoint.c.blob).where(
        checkpoint.c.group_id == group, checkpoint.c.part == GROUP_PART
    )
    blob = connection.execute(query).scalar()
    return None if blob is None else msgspec.msgpack.decode(blob, type=Saved)


def _sinks(connection: Connection, group: str) -> dict[str, Sink]:
    query = select(cursor.c.sink, cursor.c.position).where(cursor.c.group_id == group)
    return {
        row.sink: Sink(row.position, _entry_ms(connection, group, row.position + 1))
        for row in connection.execute(query).all()
    }
