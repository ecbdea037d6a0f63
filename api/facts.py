"""What the operational database says of the pipeline itself: for readiness and metrics."""

from dataclasses import dataclass

from sqlalchemy import Connection, func, select

from api.services import Services
from jemput.store.outbox import Delivery
from jemput.store.schema import cursor, inbox, journal, journal_group, outbox, pickup


@dataclass(frozen=True, slots=True)
class Sink:
    """How far a sink followed the journal; `waits_since_ms` is of the first entry it lacks."""

    position: int
    waits_since_ms: int | None


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
    open_pickups: dict[str, int]
    sinks: dict[str, Sink]


def read_facts(services: Services) -> Facts:
    """Ask the database. Raises what SQLAlchemy raises where it does not answer."""
    group = services.group
    with services.engine.connect() as connection:
        row = connection.execute(
            select(journal_group.c.epoch, journal_group.c.head).where(journal_group.c.id == group)
        ).first()
        waiting, due_ms = _waiting_letters(connection)
        return Facts(
            epoch=row.epoch if row else 0,
            head=row.head if row else 0,
            newest_entry_ms=_entry_ms(connection, group, row.head if row else 0),
            inbox_waiting=_waiting_events(connection, group),
            outbox_waiting=waiting,
            outbox_due_ms=due_ms,
            outbox_given_up=_given_up(connection),
            open_pickups=_open_pickups(connection, group),
            sinks=_sinks(connection, group),
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


def _open_pickups(connection: Connection, group: str) -> dict[str, int]:
    query = select(pickup.c.state, func.count().label("how_many")).where(
        pickup.c.is_open, pickup.c.group_id == group
    )
    rows = connection.execute(query.group_by(pickup.c.state))
    return {row.state: row.how_many for row in rows}


def _sinks(connection: Connection, group: str) -> dict[str, Sink]:
    query = select(cursor.c.sink, cursor.c.position).where(cursor.c.group_id == group)
    return {
        row.sink: Sink(row.position, _entry_ms(connection, group, row.position + 1))
        for row in connection.execute(query).all()
    }
