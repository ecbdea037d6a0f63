"""Alerts on their way: each leaves at least once, under a key that is the same every time."""

from enum import StrEnum

import msgspec
from msgspec import Struct
from sqlalchemy import ColumnElement, Engine, Row, func, select, update

from jemput.decisions import AlertKind, Say
from jemput.entry import Act
from jemput.pickup import Move, State
from jemput.store import journal as journals
from jemput.store.database import writing
from jemput.store.effects import move_pickup
from jemput.store.pickups import lock_group
from jemput.store.schema import outbox, pickup
from jemput.things import Channel


class Delivery(StrEnum):
    """Where an alert stands."""

    WAITING = "waiting"
    SENT = "sent"
    GIVEN_UP = "given_up"


class Letter(Struct, frozen=True):
    """One alert by one channel."""

    id: int
    channel: Channel
    attempts: int
    due_ms: int
    say: Say


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

    def failed(self, letter: Letter, error: str, retry_ms: int | None) -> None:
        """Note a failed attempt; `retry_ms` None gives the letter up."""
        state = Delivery.WAITING if retry_ms is not None else Delivery.GIVEN_UP
        values = {"attempts": letter.attempts + 1, "error": error, "state": state.value}
        if retry_ms is not None:
            values["due_ms"] = retry_ms
        with writing(self.engine) as connection:
            connection.execute(update(outbox).where(outbox.c.id == letter.id).values(**values))

    def _waits(self) -> ColumnElement[bool]:
        return (outbox.c.group_id == self.group) & (outbox.c.state == Delivery.WAITING.value)


def _read(row: Row[tuple[object, ...]]) -> Letter:
    return Letter(
        id=row.id,
        channel=row.channel,
        attempts=row.attempts,
        due_ms=row.due_ms,
        say=msgspec.msgpack.decode(row.blob, type=Say),
    )
