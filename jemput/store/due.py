"""What is to be said to devices now, for whoever speaks to the broker."""

from collections.abc import Iterable, Sequence
from typing import Final

from msgspec import Struct
from sqlalchemy import Connection, Engine, Row, Select, and_, exists, func, or_, select, update

from jemput import topics
from jemput.store import audit
from jemput.store.database import writing
from jemput.store.registry import RegistryStore
from jemput.store.schema import device_word, rollout, update_piece
from jemput.store.words import Words

AT_ONCE: Final = 200


class Due(Struct, frozen=True):
    """A word by its `id`, or a `piece` of an update by file and number; the id is 0 then."""

    id: int
    piece: tuple[str, int]
    topic: str
    payload: bytes
    retain: bool


class DueWords:
    """What waits in one group."""

    def __init__(self, registry: RegistryStore) -> None:
        """Take the group's registry; touch nothing."""
        self.engine: Engine = registry.engine
        self.group = registry.group
        self._words = Words(registry)

    def look(self, now_ms: int) -> list[Due]:
        """Some of what may be said now: pieces of updates first, then words in their order."""
        with self.engine.connect() as connection:
            rows = connection.execute(self._pieces()).all()
            waiting = [] if rows else connection.execute(self._waiting(now_ms)).all()
        if rows:
            return [_piece(row) for row in rows]
        return list(self._routed(waiting)) if waiting else []

    def said(self, due: Sequence[Due], now_ms: int) -> None:
        """The broker has these."""
        with writing(self.engine) as connection:
            for one in due:
                self._note(connection, one, now_ms)

    def say_again(self, *, by: str, now_ms: int) -> None:
        """All that a broker retains, for one that lost it: pieces, and the newest words."""
        newest = (
            select(func.max(device_word.c.id))
            .where(device_word.c.group_id == self.group, device_word.c.kind != "command")
            .where(device_word.c.said_ms.is_not(None))
            .group_by(device_word.c.device, device_word.c.kind)
        )
        with writing(self.engine) as connection:
            again = update(device_word).where(device_word.c.id.in_(newest))
            connection.execute(again.values(said_ms=None))
            mine = update_piece.c.group_id == self.group
            connection.execute(update(update_piece).where(mine).values(said_ms=None))
            audit.note(connection, by, now_ms, audit.Change("said again", "group", self.group))

    def _pieces(self) -> Select[tuple[object, ...]]:
        waiting = and_(update_piece.c.group_id == self.group, update_piece.c.said_ms.is_(None))
        order = (update_piece.c.digest, update_piece.c.number)
        return select(update_piece).where(waiting).order_by(*order).limit(AT_ONCE)

    def _waiting(self, now_ms: int) -> Select[tuple[object, ...]]:
        """A word of an update waits for its stage; an empty one takes it back, and does not."""
        is_open = exists().where(
            rollout.c.group_id == self.group,
            rollout.c.number == device_word.c.number,
            rollout.c.state != "stopped",
            rollout.c.stage >= device_word.c.stage,
        )
        return (
            select(device_word)
            .where(device_word.c.group_id == self.group, device_word.c.said_ms.is_(None))
            .where(or_(device_word.c.until_ms.is_(None), device_word.c.until_ms > now_ms))
            .where(or_(device_word.c.stage.is_(None), device_word.c.payload == b"", is_open))
            .order_by(device_word.c.id)
            .limit(AT_ONCE)
        )

    def _routed(self, waiting: Iterable[Row[tuple[object, ...]]]) -> Iterable[Due]:
        routes = self._words.routes()
        for row in waiting:
            if row.device in routes:
                topic = topics.told(routes[row.device], row.device, row.kind)
                yield Due(row.id, ("", 0), topic, row.payload, row.kind != "command")

    def _note(self, connection: Connection, one: Due, now_ms: int) -> None:
        """Unless it was changed meanwhile."""
        if one.id:
            same = (device_word.c.id == one.id) & (device_word.c.payload == one.payload)
            connection.execute(update(device_word).where(same).values(said_ms=now_ms))
            return
        mine = and_(
            update_piece.c.group_id == self.group,
            update_piece.c.digest == one.piece[0],
            update_piece.c.number == one.piece[1],
        )
        connection.execute(update(update_piece).where(mine).values(said_ms=now_ms))


def _piece(row: Row[tuple[object, ...]]) -> Due:
    topic = topics.chunk(row.digest, row.number)
    return Due(0, (row.digest, row.number), topic, row.content, retain=True)
