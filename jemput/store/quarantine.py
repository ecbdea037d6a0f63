"""The quarantine: messages that could not be taken, with their bytes and the reason."""

from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import Struct
from sqlalchemy import Engine, Select, func, select, update

from jemput.entry import Readmitted
from jemput.store.database import writing
from jemput.store.journal import say
from jemput.store.pickups import lock_group
from jemput.store.schema import quarantine


class UnknownQuarantinedError(ValueError):
    """There is no such message in the quarantine."""


class Quarantined(Struct, frozen=True):
    """One message as it came. Times are Unix milliseconds of the run's clock."""

    id: int
    position: int
    at_ms: int
    reason: str
    detail: str
    topic: str
    device: str | None
    payload: bytes
    readmitted_ms: int | None


class Listed(Struct, frozen=True):
    """The same without the bytes."""

    id: int
    at_ms: int
    reason: str
    device: str | None
    size_bytes: int
    readmitted_ms: int | None


class Wanted(Struct, frozen=True):
    """Which messages are asked for."""

    reason: str | None = None
    device: str | None = None
    from_ms: int | None = None
    only_waiting: bool = False


class Quarantine:
    """The quarantine of one group."""

    def __init__(self, engine: Engine, group: str) -> None:
        """Take the database and the group's name; touch nothing."""
        self.engine = engine
        self.group = group

    def newest(self, wanted: Wanted, most: int) -> Sequence[Listed]:
        """The newest that are wanted, newest first."""
        size = func.length(quarantine.c.payload).label("size_bytes")
        names = [name for name in Listed.__struct_fields__ if name != "size_bytes"]
        query = self._asked(select(*(quarantine.c[name] for name in names), size), wanted)
        with self.engine.connect() as connection:
            rows = connection.execute(query.order_by(quarantine.c.id.desc()).limit(most)).mappings()
            return [Listed(**row) for row in rows]

    def counts(self, wanted: Wanted) -> dict[str, int]:
        """How many there are of each reason, most first."""
        count = func.count().label("count")
        query = self._asked(select(quarantine.c.reason, count), wanted)
        with self.engine.connect() as connection:
            rows = connection.execute(query.group_by(quarantine.c.reason)).all()
        return dict(sorted(((row[0], row[1]) for row in rows), key=lambda one: (-one[1], one[0])))

    def get(self, message_id: int) -> Quarantined:
        """One message. Raises `UnknownQuarantinedError`."""
        found = self._read(quarantine.c.id == message_id, 1)
        if not found:
            raise UnknownQuarantinedError(
                f"there is no message {message_id} in the quarantine of group {self.group}: "
                "`jemput quarantine list` shows those there are"
            )
        return found[0]

    def behind(self, message_id: int, reason: str, most: int) -> Sequence[Quarantined]:
        """The next ones of a reason that nobody readmitted, oldest first."""
        is_next = (
            (quarantine.c.id > message_id)
            & (quarantine.c.reason == reason)
            & quarantine.c.readmitted_ms.is_(None)
        )
        return self._read(is_next, most)

    def readmit(self, readable: Mapping[int, Readmitted], now_ms: int) -> list[int]:
        """Hand messages to the writer by its inbox; which of them, for each goes once.

        In one transaction with the mark on the message, so that nothing is handed over twice.
        """
        handed = []
        with writing(self.engine) as connection:
            lock_group(connection, self.group)
            for message_id, event in readable.items():
                is_waiting = (quarantine.c.id == message_id) & quarantine.c.readmitted_ms.is_(None)
                mark = update(quarantine).where(is_waiting, quarantine.c.group_id == self.group)
                if connection.execute(mark.values(readmitted_ms=now_ms)).rowcount:
                    say(connection, self.group, event)
                    handed.append(message_id)
        return handed

    def _read(self, condition: Any, most: int) -> Sequence[Quarantined]:  # noqa: ANN401 - a column expression
        columns = [quarantine.c[name] for name in Quarantined.__struct_fields__]
        query = select(*columns).where(quarantine.c.group_id == self.group, condition)
        with self.engine.connect() as connection:
            rows = connection.execute(query.order_by(quarantine.c.id).limit(most)).mappings()
            return [Quarantined(**row) for row in rows]

    def _asked(self, query: Select[Any], wanted: Wanted) -> Select[Any]:
        query = query.where(quarantine.c.group_id == self.group)
        if wanted.reason is not None:
            query = query.where(quarantine.c.reason == wanted.reason)
        if wanted.device is not None:
            query = query.where(quarantine.c.device == wanted.device)
        if wanted.from_ms is not None:
            query = query.where(quarantine.c.at_ms >= wanted.from_ms)
        if wanted.only_waiting:
            query = query.where(quarantine.c.readmitted_ms.is_(None))
        return query
