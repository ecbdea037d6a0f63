"""The embedded history: readings by bin and time, in the operational database itself."""

import asyncio
from collections.abc import Collection, Sequence
from typing import Any, Final

from msgspec import Struct
from sqlalchemy import Engine, Float, cast, delete, func, select

from jemput.entry import Entry
from jemput.points import UNBOUND, time_ns
from jemput.reading import Quality, Reading
from jemput.store.checkpoints import upsert
from jemput.store.database import writing
from jemput.store.schema import cursor, history

SECOND_NS = 1_000_000_000
POINTS: Final = select(
    history.c.time_ns, history.c.fill_percent, history.c.level_percent, history.c.quality
)


class Point(Struct, frozen=True):
    """A reading in history, or, where `every_s` was asked for, the mean of several."""

    at_s: int
    fill_percent: float | None
    level_percent: float | None
    quality: Quality | None = None


class HistoryDownError(OSError):
    """The history does not answer. `since_s`: Unix seconds of the first question it failed."""

    def __init__(self, sentence: str, since_s: int) -> None:
        """Take what to say, and since when it is so."""
        super().__init__(sentence)
        self.since_s = since_s


class Cursors:
    """How far each sink has followed the journal."""

    def __init__(self, engine: Engine, group: str) -> None:
        """Take the database and the group's name; touch nothing."""
        self.engine = engine
        self.group = group

    def get(self, sink: str) -> int:
        """The position up to which a sink has everything."""
        query = select(cursor.c.position).where(
            cursor.c.group_id == self.group, cursor.c.sink == sink
        )
        with self.engine.connect() as connection:
            return connection.execute(query).scalar() or 0

    def all(self) -> dict[str, int]:
        """Every sink's position."""
        query = select(cursor.c.sink, cursor.c.position).where(cursor.c.group_id == self.group)
        with self.engine.connect() as connection:
            return {row.sink: row.position for row in connection.execute(query)}

    def keep_only(self, sinks: Collection[str]) -> None:
        """Forget every other sink: one that is not enabled holds no entry back from pruning.

        Enabled again, it starts at the oldest entry that is kept.
        """
        with writing(self.engine) as connection:
            connection.execute(
                delete(cursor).where(cursor.c.group_id == self.group, cursor.c.sink.not_in(sinks))
            )

    def put(self, sink: str, position: int) -> None:
        """Note how far a sink is; only after it said so."""
        with writing(self.engine) as connection:
            upsert(connection, cursor, [cursor_row(self.group, sink, position)])


class EmbeddedHistory:
    """Readings of bins in a table of the operational database."""

    NAME = "embedded"

    def __init__(self, engine: Engine, group: str) -> None:
        """Take the database and the group's name; touch nothing."""
        self.engine = engine
        self.group = group

    def write(self, entries: Sequence[Entry]) -> None:
        """Take the readings of entries, and move the cursor in the same transaction."""
        rows = [row for entry in entries for row in map(_row, entry.readings)]
        at = cursor_row(self.group, self.NAME, entries[-1].position)
        with writing(self.engine) as connection:
            upsert(connection, history, rows)
            upsert(connection, cursor, [at])

    def count(self) -> int:
        """How many readings there are."""
        with self.engine.connect() as connection:
            count: int = connection.execute(select(func.count()).select_from(history)).scalar_one()
            return count

    def read(
        self, bin_id: str, from_s: int, to_s: int, every_s: int | None = None, most: int = 5000
    ) -> list[Point]:
        """A bin's readings with from_s <= time < to_s, oldest first; means where `every_s`."""
        in_time = (
            (history.c.bin == bin_id)
            & (history.c.time_ns >= from_s * SECOND_NS)
            & (history.c.time_ns < to_s * SECOND_NS)
        )
        with self.engine.connect() as connection:
            if every_s is None:
                query = POINTS.where(in_time).order_by(history.c.time_ns).limit(most)
                return [_point(*row) for row in connection.execute(query)]
            bucket = history.c.time_ns // (every_s * SECOND_NS)
            means = select(
                bucket.label("bucket"),
                cast(func.avg(history.c.fill_percent), Float).label("fill"),
                cast(func.avg(history.c.level_percent), Float).label("level"),
            )
            rows = connection.execute(
                means.where(in_time).group_by(bucket).order_by(bucket).limit(most)
            )
            return [Point(row.bucket * every_s, row.fill, row.level) for row in rows]

    def latest(self, bin_id: str) -> Point | None:
        """A bin's newest reading."""
        query = POINTS.where(history.c.bin == bin_id)
        with self.engine.connect() as connection:
            row = connection.execute(query.order_by(history.c.time_ns.desc()).limit(1)).first()
            return _point(*row) if row else None


class EmbeddedReader:
    """The embedded history for whoever must not wait: it is asked in a thread."""

    def __init__(self, history: EmbeddedHistory) -> None:
        """Take the history to ask."""
        self._history = history

    async def read(
        self, bin_id: str, from_s: int, to_s: int, every_s: int | None = None
    ) -> list[Point]:
        """As `EmbeddedHistory.read`."""
        return await asyncio.to_thread(self._history.read, bin_id, from_s, to_s, every_s)

    async def trouble(self) -> HistoryDownError | None:
        """None: its trouble is the database's."""
        return None

    async def close(self) -> None:
        """The engine is not its own."""


def cursor_row(group: str, sink: str, position: int) -> dict[str, Any]:
    """A sink's cursor as a row."""
    return {"group_id": group, "sink": sink, "position": position}


def _point(time_ns: int, fill: int | None, level: int | None, quality: str) -> Point:
    return Point(time_ns // SECOND_NS, fill, level, Quality(quality))


def _row(reading: Reading) -> dict[str, Any]:
    return {
        "bin": reading.bin or UNBOUND,
        "time_ns": time_ns(reading),
        "device": reading.device,
        "fill_percent": reading.fill_percent,
        "level_percent": reading.level_percent,
        "distance_mm": reading.distance_mm,
        "quality": reading.quality.value,
        "battery_mv": reading.battery_mv,
        "temperature_c": reading.temperature_c,
        "rssi_dbm": reading.rssi_dbm,
    }
