"""Alerts on their way: each leaves at least once, under a key that is the same every time."""

from enum import StrEnum
from typing import Final

import msgspec
from msgspec import Struct
from sqlalchemy import ColumnElement, Connection, Engine, Row, func, select, update

from jemput.decisions import AlertKind, Say
from jemput.entry import Act
from jemput.pickup import Move, State
from jemput.store import journal as journals
from jemput.store.database import writing
from jemput.store.effects import move_pickup, say
from jemput.store.pickups import lock_group
from jemput.store.schema import outbox, pickup
from jemput.things import Channel


class Delivery(StrEnum):
    """Where an alert stands."""

    WAITING = "waiting"
    SENT = "sent"
    GIVEN_UP = "given_up"
    OVERTAKEN = "overtaken"


_CALLS: Final = (AlertKind.PICKUP.value, AlertKind.UNSERVED.value)


class Letter(Struct, frozen=True):
    """One alert by one channel."""

    id: int
    channel: Channel
    attempts: int
    due_ms: int
    say: Say

    @property
    def pickup(self) -> str | None:
        """The pickup it is about."""
        return self.say.subject.pickup if self.say.subject is not None else None


class Told(Struct, frozen=True):
    """A letter as it stands, without what it says. `state` is a `Delivery`."""

    kind: str
    recipient: str
    channel: str
    state: str
    due_ms: int
    sent_ms: int | None
    attempts: int
    error: str | None


class Outbox:
    """The outbox of one group."""

    def __init__(self, engine: Engine, group: str) -> None:
        """Take the database and the group's name; touch nothing."""
        self.engine = engine
        self.group = group

    def due(self, now_ms: int, most: int = 200) -> list[Letter]:
        """What may leave now, oldest first."""
        query = select(outbox).where(self._waits(), outbox.c.due_ms <= now_ms)
        with self.engine.connect() as connection:
            rows = connection.execute(query.order_by(outbox.c.due_ms, outbox.c.id).limit(most))
            return [_read(row) for row in rows]

    def next_due_ms(self) -> int | None:
        """When the next alert may leave; None where none waits."""
        query = select(func.min(outbox.c.due_ms)).where(self._waits())
        with self.engine.connect() as connection:
            due_ms: int | None = connection.execute(query).scalar()
            return due_ms

    def waiting(self) -> int:
        """How many alerts wait."""
        query = select(func.count()).where(self._waits())
        with self.engine.connect() as connection:
            count: int = connection.execute(query).scalar_one()
            return count

    def told_of(self, pickup_id: str) -> list[Told]:
        """Every letter about a pickup, oldest first."""
        query = select(outbox).where(outbox.c.pickup == pickup_id)
        with self.engine.connect() as connection:
            rows = connection.execute(query.order_by(outbox.c.id)).all()
        return [
            Told(
                kind=row.kind,
                recipient=row.recipient,
                channel=row.channel,
                state=row.state,
                due_ms=row.due_ms,
                sent_ms=row.sent_ms,
                attempts=row.attempts,
                error=row.error,
            )
            for row in rows
        ]

    def without_overtaken(self, letters: list[Letter], now_ms: int) -> list[Letter]:
        """Put aside calls to pickups that are over, and what takes back a call that never left.

        The letters are of one recipient and channel, and nobody is sending any of them.
        """
        over = self._calls_that_are_over(letters)
        unheard_of = {one.pickup for one in over if one.attempts == 0 and one.due_ms > now_ms}
        aside = {one.id for one in over} | {
            one.id
            for one in letters
            if one.say.kind is AlertKind.WITHDRAWN and one.pickup in unheard_of
        }
        if aside:
            values = {"state": Delivery.OVERTAKEN.value}
            with writing(self.engine) as connection:
                connection.execute(update(outbox).where(outbox.c.id.in_(aside)).values(**values))
        return [one for one in letters if one.id not in aside]

    def sent(self, letters: list[Letter], now_ms: int) -> None:
        """Note that letters were delivered; a pickup's first one makes it `alerted`."""
        with writing(self.engine) as connection:
            lock_group(connection, self.group)
            for letter in letters:
                connection.execute(
                    update(outbox)
                    .where(outbox.c.id == letter.id)
                    .values(state=Delivery.SENT.value, sent_ms=now_ms, error=None)
                )
                if letter.say.kind is not AlertKind.PICKUP or letter.say.subject is None:
                    continue
                row = connection.execute(
                    select(pickup.c.id, pickup.c.bin).where(
                        pickup.c.id == letter.say.subject.pickup,
                        pickup.c.state == State.REQUESTED.value,
                    )
                ).first()
                if row is not None:
                    by = f"{letter.channel} to {letter.say.recipient}"
                    move_pickup(connection, row.id, Move(State.ALERTED, now_ms, by))
                    act = Act("alerted", row.id, row.bin, by, now_ms)
                    journals.say(connection, self.group, act)

    def failed(self, letters: list[Letter], error: str, retry_ms: int) -> None:
        """Note a failed attempt, to be repeated."""
        with writing(self.engine) as connection:
            _note_failure(connection, letters, error, due_ms=retry_ms)

    def give_up(self, letters: list[Letter], error: str, tell: list[Say], now_ms: int) -> None:
        """Note a last attempt, and in the same transaction what is told of that."""
        with writing(self.engine) as connection:
            _note_failure(connection, letters, error, state=Delivery.GIVEN_UP.value)
            for one in tell:
                say(connection, self.group, one, now_ms)

    def _calls_that_are_over(self, letters: list[Letter]) -> list[Letter]:
        query = select(outbox).join(pickup, pickup.c.id == outbox.c.pickup)
        over = query.where(
            self._waits(),
            ~pickup.c.is_open,
            pickup.c.id.in_({one.pickup for one in letters if one.pickup is not None}),
            outbox.c.kind.in_(_CALLS),
            outbox.c.channel == letters[0].channel,
            outbox.c.recipient == letters[0].say.recipient,
        )
        with self.engine.connect() as connection:
            return [_read(row) for row in connection.execute(over)]

    def _waits(self) -> ColumnElement[bool]:
        return (outbox.c.group_id == self.group) & (outbox.c.state == Delivery.WAITING.value)


def _note_failure(
    connection: Connection, letters: list[Letter], error: str, **values: int | str
) -> None:
    values["attempts"] = max(one.attempts for one in letters) + 1
    rows = update(outbox).where(outbox.c.id.in_([one.id for one in letters]))
    connection.execute(rows.values(error=error, **values))


def _read(row: Row[tuple[object, ...]]) -> Letter:
    return Letter(
        id=row.id,
        channel=row.channel,
        attempts=row.attempts,
        due_ms=row.due_ms,
        say=msgspec.msgpack.decode(row.blob, type=Say),
    )
