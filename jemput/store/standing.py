"""How the bins of a group stand, kept in memory: only what moved is read again."""

from collections.abc import Collection, Mapping
from threading import Lock
from typing import Any, Final

from msgspec import Struct
from sqlalchemy import Connection, Row, Select, select

from jemput.pickup import Reason, State
from jemput.store.schema import bin_state, journal_group, pickup

NOTHING_SEEN: Final = (-1, -1)


class Level(Struct, frozen=True, gc=False):
    """How a bin stood at a checkpoint: `percent` is the filtered level, None while unknown."""

    percent: int | None = None
    at_s: int | None = None
    silent: bool = False
    emptied_at_s: int | None = None
    battery_mv: int | None = None


class OpenPickup(Struct, frozen=True, gc=False):
    """A bin's open pickup in short."""

    id: str
    state: State
    reason: Reason
    collector: str | None


class Levels:
    """Levels of one group by bin. What is handed out is shared, and never changed."""

    def __init__(self, group: str) -> None:
        """Take the group's name; know nothing."""
        self.group = group
        self._seen: Mapping[str, Level] = {}
        self._mark = NOTHING_SEEN
        self._lock = Lock()

    def look(self, connection: Connection) -> Mapping[str, Level]:
        """All of them as the connection sees them; those of before where nothing moved.

        One writer of an epoch writes them at ever higher positions. A new epoch may stand
        anywhere, so all is read again.
        """
        with self._lock:
            seen, mark = self._seen, self._mark
        of_group = select(journal_group.c.epoch).where(journal_group.c.id == self.group)
        epoch = connection.execute(of_group).scalar() or 0
        position = mark[1] if mark[0] == epoch else -1
        rows = connection.execute(self._moved_after(position)).all()
        if not rows and mark[0] == epoch:
            return seen
        fresh = dict(seen) if mark[0] == epoch else {}
        fresh.update((row[0], _level(row)) for row in rows)
        now = epoch, max((row[6] for row in rows), default=position)
        with self._lock:
            if now > self._mark:
                self._seen, self._mark = fresh, now
        return fresh

    def of(self, connection: Connection, bins: Collection[str]) -> Mapping[str, Level]:
        """Levels of a few bins, read by name."""
        query = self._moved_after(-1).where(bin_state.c.bin.in_(bins))
        return {row[0]: _level(row) for row in connection.execute(query)}

    def _moved_after(self, position: int) -> Select[Any]:
        columns = bin_state.c
        query = select(
            columns.bin,
            columns.level_percent,
            columns.at_s,
            columns.silent,
            columns.emptied_at_s,
            columns.battery_mv,
            columns.position,
        )
        return query.where(columns.group_id == self.group, columns.position > position)


def open_pickups(
    connection: Connection, group: str, bins: Collection[str] | None = None
) -> Mapping[str, OpenPickup]:
    """Open pickups by bin: all of a group, or those of some bins."""
    columns = pickup.c
    query = select(columns.bin, columns.id, columns.state, columns.reason, columns.collector).where(
        columns.is_open, columns.group_id == group
    )
    if bins is not None:
        query = query.where(columns.bin.in_(bins))
    return {
        row.bin: OpenPickup(row.id, State(row.state), Reason(row.reason), row.collector)
        for row in connection.execute(query)
    }


def _level(row: Row[Any]) -> Level:
    return Level(*row[1:6])
