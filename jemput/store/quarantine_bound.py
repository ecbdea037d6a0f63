"""The quarantine is bounded by age and size; what will go is announced before it goes."""

import time
from collections.abc import Iterator
from typing import Final

from sqlalchemy import ColumnElement, Engine, delete, func, select

from jemput.store.database import writing
from jemput.store.schema import quarantine

DAY_MS: Final = 86_400_000
KEPT_DAYS: Final = 90
NOTICE_DAYS: Final = 7
MOST_BYTES: Final = 256 * 1024 * 1024
MESSAGES_AT_ONCE: Final = 100
PAUSE_S: Final = 0.01


class QuarantineBound:
    """What of one group's quarantine has to go."""

    def __init__(self, engine: Engine, group: str, most_bytes: int = MOST_BYTES) -> None:
        """Take the database and the group's name; touch nothing."""
        self._engine = engine
        self._of_group = quarantine.c.group_id == group
        self._most_bytes = most_bytes

    def notice(self, now_ms: int) -> str | None:
        """A sentence about what will go soon and was not readmitted; None where nothing will."""
        soon_ms = now_ms - (KEPT_DAYS - NOTICE_DAYS) * DAY_MS
        soon = (
            self._of_group & (quarantine.c.at_ms < soon_ms) & quarantine.c.readmitted_ms.is_(None)
        )
        with self._engine.connect() as connection:
            count = connection.execute(select(func.count()).where(soon)).scalar_one()
        if count:
            return f"{count} messages go within {NOTICE_DAYS} days: each is kept for {KEPT_DAYS}"
        size = self._size_bytes()
        if size > self._most_bytes * 4 // 5:
            most = self._most_bytes >> 20
            return f"it holds {size >> 20} MB: the oldest messages go above {most}"
        return None

    def drop(self, now_ms: int) -> Iterator[int]:
        """Delete what is too old or too much, the oldest first; how many so far."""
        gone = 0
        old = quarantine.c.at_ms < now_ms - KEPT_DAYS * DAY_MS
        while dropped := self._drop(old):
            gone += dropped
            yield gone
            time.sleep(PAUSE_S)
        while self._size_bytes() > self._most_bytes:
            gone += self._drop(quarantine.c.id > 0)
            yield gone
            time.sleep(PAUSE_S)

    def _drop(self, condition: ColumnElement[bool]) -> int:
        oldest = select(quarantine.c.id).where(self._of_group, condition)
        chosen = oldest.order_by(quarantine.c.id).limit(MESSAGES_AT_ONCE)
        with writing(self._engine) as connection:
            return connection.execute(
                delete(quarantine).where(quarantine.c.id.in_(chosen))
            ).rowcount

    def _size_bytes(self) -> int:
        size = select(func.sum(func.length(quarantine.c.payload))).where(self._of_group)
        with self._engine.connect() as connection:
            return int(connection.execute(size).scalar() or 0)
