"""What a sink that is behind keeps from being pruned, and how long the disk has room for it.

Nothing of it is ever dropped: at a full disk nothing is committed and so nothing acknowledged, and
broker and devices keep what they have. So it is told before.
"""

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sqlalchemy import Engine, func, select

from jemput.store.history import Cursors
from jemput.store.journal import Journal
from jemput.store.schema import journal

DAY_MS: Final = 86_400_000
LITTLE_DAYS: Final = 14
"""With less than this the doctor doubts."""
MANY_DAYS: Final = 3650
"""Of more than this nobody wants the number."""
LOOKED_AT: Final = 200
"""So many of the newest entries say how large one is."""


@dataclass(frozen=True, slots=True)
class Held:
    """What waits for a sink, and what the journal grew by in its last day."""

    sink: str
    entries: int
    size_bytes: int
    since_ms: int | None
    day_bytes: int
    free_bytes: int | None

    @property
    def full_in_days(self) -> float | None:
        """How long the disk has room if it goes on so; None where nobody can tell."""
        if self.free_bytes is None or not self.day_bytes:
            return None
        return self.free_bytes / self.day_bytes

    @property
    def sentence(self) -> str:
        """For people."""
        said = f"{self.entries:,} entries (about {self.size_bytes / 2**20:.1f} MiB) wait for it"
        if self.full_in_days is None:
            return said
        if self.full_in_days > MANY_DAYS:
            return f"{said}; the disk has room for years"
        return f"{said}; the disk has room for {self.full_in_days:,.0f} days of them"


def held_back(engine: Engine, group: str) -> list[Held]:
    """For every sink, by name."""
    records, cursors = Journal(engine, group), Cursors(engine, group).all()
    if not cursors:
        return []
    head, each_bytes = records.head(), _entry_bytes(engine, group)
    newest_ms = records.now_ms(head)
    a_day_ago = records.position_at(newest_ms - DAY_MS) if newest_ms is not None else head
    day_bytes, free_bytes = int((head + 1 - a_day_ago) * each_bytes), _free_bytes(engine)
    found = []
    for sink, position in sorted(cursors.items()):
        lag = max(0, head - position)
        since_ms = records.now_ms(position + 1) if lag else None
        found.append(Held(sink, lag, int(lag * each_bytes), since_ms, day_bytes, free_bytes))
    return found


def _entry_bytes(engine: Engine, group: str) -> float:
    newest = (
        select(func.length(journal.c.blob).label("size"))
        .where(journal.c.group_id == group)
        .order_by(journal.c.position.desc())
        .limit(LOOKED_AT)
        .subquery()
    )
    with engine.connect() as connection:
        return float(connection.execute(select(func.avg(newest.c.size))).scalar() or 0)


def _free_bytes(engine: Engine) -> int | None:
    """Of the disk that an SQLite database is on; a server's disk is elsewhere."""
    if engine.dialect.name != "sqlite" or not engine.url.database:
        return None
    try:
        return shutil.disk_usage(Path(engine.url.database).absolute().parent).free
    except OSError:
        return None
