"""Letters to other systems: written once for each event and subscription, delivered in order."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Any, Final

from msgspec import Struct
from msgspec.structs import asdict
from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    Row,
    Select,
    delete,
    func,
    select,
    update,
)

from jemput.store.checkpoints import put_missing
from jemput.store.database import writing
from jemput.store.events import Read, after
from jemput.store.schema import delivery, subscription
from jemput.store.subscriptions import letter, read

AT_ONCE: Final = 200


class Fate(StrEnum):
    """Where a letter stands."""

    WAITING = "waiting"
    SENT = "sent"
    GIVEN_UP = "given_up"


class Letter(Struct, frozen=True):
    """The oldest letter that a subscription waits for, where it goes, and what signs it."""

    id: int
    subscription: str
    url: str
    secrets: str
    event: str
    body: bytes
    made_ms: int
    due_ms: int
    attempts: int


class Delivered(Struct, frozen=True):
    """A letter as it stands. `state` is a `Fate`; `due_ms` is of its next attempt."""

    id: int
    event: str
    type: str
    state: str
    attempts: int
    made_ms: int
    due_ms: int
    done_ms: int | None
    error: str | None


class Standing(Struct, frozen=True):
    """How a subscription does: how many letters wait, the last that arrived, what is wrong."""

    waiting: int = 0
    sent_ms: int | None = None
    error: str | None = None


class Deliveries:
    """The letters of one group."""

    def __init__(self, engine: Engine, group: str) -> None:
        """Take the database and the group's name; touch nothing."""
        self.engine = engine
        self.group = group

    def write_letters(self, now_ms: int) -> int:
        """Write a letter for each event that is new to a subscription; how many were read."""
        live = (subscription.c.group_id == self.group) & subscription.c.retired_ms.is_(None)
        with self.engine.connect() as connection:
            rows = connection.execute(select(subscription).where(live)).all()
        return sum(self._write_some(row, now_ms) for row in rows)

    def next(self, subscription_id: str | None = None) -> Sequence[Letter]:
        """The first letter that waits, of each subscription or of one."""
        first = (
            select(func.min(delivery.c.id))
            .where(delivery.c.state == Fate.WAITING.value)
            .group_by(delivery.c.subscription)
        )
        if subscription_id is not None:
            first = first.where(delivery.c.subscription == subscription_id)
        query = (
            select(delivery, subscription.c.url, subscription.c.secret.label("secrets"))
            .join_from(delivery, subscription, subscription.c.id == delivery.c.subscription)
            .where(delivery.c.id.in_(first), subscription.c.group_id == self.group)
            .where(subscription.c.retired_ms.is_(None))
        )
        with self.engine.connect() as connection:
            return [_letter(row) for row in connection.execute(query.order_by(delivery.c.id))]

    def sent(self, one: Letter, now_ms: int) -> None:
        """Note that it arrived."""
        self._note(one, state=Fate.SENT.value, done_ms=now_ms, error=None)

    def failed(self, one: Letter, error: str, retry_ms: int) -> None:
        """Note an attempt in vain, to be repeated."""
        self._note(one, due_ms=retry_ms, error=error)

    def give_up(self, one: Letter, error: str, now_ms: int) -> None:
        """Note the last attempt."""
        self._note(one, state=Fate.GIVEN_UP.value, done_ms=now_ms, error=error)

    def list(
        self, subscription_id: str, *, before_id: int | None = None, most: int = 100
    ) -> Sequence[Delivered]:
        """Letters of a subscription, newest first."""
        query = select(delivery).where(delivery.c.subscription == subscription_id)
        if before_id is not None:
            query = query.where(delivery.c.id < before_id)
        with self.engine.connect() as connection:
            rows = connection.execute(query.order_by(delivery.c.id.desc()).limit(most)).all()
        names = Delivered.__struct_fields__
        return [Delivered(*(getattr(row, name) for name in names)) for row in rows]

    def standing(self, subscription_id: str) -> Standing:
        """How a subscription does."""
        mine = delivery.c.subscription == subscription_id
        waits = mine & (delivery.c.state == Fate.WAITING.value)
        with self.engine.connect() as connection:
            count = connection.execute(select(func.count()).where(waits)).scalar_one()
            sent = select(func.max(delivery.c.done_ms)).where(mine)
            sent_ms = connection.execute(sent.where(delivery.c.state == Fate.SENT.value)).scalar()
            error = connection.execute(_first_error(waits)).scalar()
        return Standing(count, sent_ms, error)

    def prune(self, before_ms: int) -> int:
        """Forget letters that were done before; how many."""
        old = (delivery.c.state != Fate.WAITING.value) & (delivery.c.done_ms < before_ms)
        mine = select(subscription.c.id).where(subscription.c.group_id == self.group)
        with writing(self.engine) as connection:
            gone = delete(delivery).where(old, delivery.c.subscription.in_(mine))
            return connection.execute(gone).rowcount

    def _write_some(self, row: Row[Any], now_ms: int) -> int:
        """Both at once: the letters, and up to where they are written; nothing if another did."""
        one, at = read(row), Read(row.pickup_move, row.incident_move)
        with self.engine.connect() as connection:
            found, upto = after(connection, self.group, at, AT_ONCE)
        if upto == at:
            return 0
        letters = [letter(one.id, event, self.group, now_ms) for event in found if one.wants(event)]
        with writing(self.engine) as connection:
            if _advance(connection, one.id, at, upto):
                put_missing(connection, delivery, letters)
        return len(found)

    def _note(self, one: Letter, **values: object) -> None:
        """Nothing where another noted it, or it was retired meanwhile."""
        mine = (delivery.c.id == one.id) & (delivery.c.state == Fate.WAITING.value)
        with writing(self.engine) as connection:
            noted = update(delivery).where(mine).values(attempts=one.attempts + 1, **values)
            connection.execute(noted)


def _advance(connection: Connection, subscription_id: str, at: Read, upto: Read) -> bool:
    table = subscription.c
    mine = (
        (table.id == subscription_id)
        & (table.pickup_move == at.pickup_move)
        & (table.incident_move == at.incident_move)
        & table.retired_ms.is_(None)
    )
    moved = update(subscription).where(mine).values(**asdict(upto))
    return connection.execute(moved).rowcount == 1


def _first_error(waits: ColumnElement[bool]) -> Select[Any]:
    return select(delivery.c.error).where(waits).order_by(delivery.c.id).limit(1)


def _letter(row: Row[Any]) -> Letter:
    return Letter(*(getattr(row, name) for name in Letter.__struct_fields__))
