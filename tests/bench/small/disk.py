"""What a month takes on the disk: the ingester's own writer, a reading an entry, its own clock.

At this rate a reading comes every 0.6 s and is committed alone. Some hours are written so, after
others that are not counted; tables that grow with every reading are counted by SQLite's pages.
History is written for days, for its pages are half full only once they were split.
"""

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple

from sqlalchemy import Engine, event, text

from ingest.writer import Batch, Writer
from jemput.entry import Link
from jemput.reading import Quality, Reading, TimeSource
from jemput.store.checkpoints import upsert
from jemput.store.database import create_tables, open_database, writing
from jemput.store.history import _row
from jemput.store.registry import RegistryStore
from jemput.store.schema import history
from tests.bench.small.saying import heard
from tests.bench.small.town import (
    CADENCE_S,
    DAY_S,
    EMPTY_MM,
    GROUP,
    bin_of,
    changes,
    device_of,
    percent_at,
)

START_S: Final = 1_767_225_600
UNCOUNTED_H: Final = 2
COUNTED_H: Final = 6
HISTORY_DAYS: Final = 10
HOUR_S: Final = 3600
MONTH_DAYS: Final = 30
MB: Final = 1_000_000
SNAPSHOTS_KEPT: Final = 30
SAMPLE: Final = 250
"""What a bin takes does not depend on how many there are."""
PICKUP_TABLES: Final = ("pickup", "outbox", "incident")


class Month(NamedTuple):
    """Megabytes that 30 days add."""

    readings: int
    journal: float
    history: float
    pickups: float
    snapshots: float

    @property
    def whole(self) -> float:
        """All of it."""
        return self.journal + self.history + self.pickups + self.snapshots


def month(bins: int) -> Month:
    """Write some hours and some days of some bins; reckon with 30 days, and all of them."""
    some = min(bins, SAMPLE)
    with tempfile.TemporaryDirectory(prefix="jemput-bench-") as folder:
        journal, pickups, snapshot = _hours(Path(folder), some)
        readings = bins * MONTH_DAYS * DAY_S // CADENCE_S
        hours = MONTH_DAYS * 24 / COUNTED_H
        past = _days(Path(folder), some) * MONTH_DAYS / HISTORY_DAYS
    whole = (journal * hours, past, pickups * hours, snapshot * SNAPSHOTS_KEPT)
    return Month(readings, *(one * bins / some / MB for one in whole))


def _hours(folder: Path, bins: int) -> tuple[int, int, int]:
    """Bytes that the counted hours added to the journal and to pickups; of a snapshot."""
    engine = _database(folder / "hours.db")
    RegistryStore(engine, GROUP).decide(lambda _: tuple(changes(bins)), by="bench", now_ms=0)
    writer = Writer(engine, GROUP)
    writer.take_over()
    writer.commit(Batch(events=(Link(up=True),)), START_S * 1000)
    rounds = UNCOUNTED_H * HOUR_S // CADENCE_S
    _rounds(writer, bins, range(rounds))
    before = _pages(engine)
    _rounds(writer, bins, range(rounds, rounds + COUNTED_H * HOUR_S // CADENCE_S))
    after = _pages(engine)
    writer.checkpoints.save_snapshot(writer.fold.state)
    snapshot = _pages(engine).get("snapshot", 0)
    engine.dispose()
    added = {name: size - before.get(name, 0) for name, size in after.items()}
    return _sum(added, "journal"), _sum(added, *PICKUP_TABLES), snapshot


def _sum(sizes: dict[str, int], *tables: str) -> int:
    """Tables and their indexes, which have their names in them."""
    return sum(size for name, size in sizes.items() if any(one in name for one in tables))


def _rounds(writer: Writer, bins: int, rounds: range) -> None:
    for turn in rounds:
        for number in range(bins):
            at_s = START_S + turn * CADENCE_S + number * CADENCE_S // bins
            writer.commit(Batch([heard(number, turn + 1, at_s)]), at_s * 1000)
        writer.save_checkpoint()


def _days(folder: Path, bins: int) -> int:
    """Bytes of the history of some days."""
    engine = _database(folder / "days.db")
    for turn in range(HISTORY_DAYS * DAY_S // CADENCE_S):
        with writing(engine) as connection:
            upsert(connection, history, list(_rows(bins, START_S + turn * CADENCE_S, turn)))
    size = _pages(engine)["history"]
    engine.dispose()
    return size


def _rows(bins: int, begun_s: int, seq: int) -> Iterator[dict[str, Any]]:
    for number in range(bins):
        at_s = begun_s + number * CADENCE_S // bins
        percent = percent_at(number, at_s)
        yield _row(
            Reading(
                device=device_of(number),
                boot=1,
                seq=seq,
                at_s=at_s,
                time_source=TimeSource.DEVICE,
                quality=Quality.OK,
                distance_mm=EMPTY_MM - percent * EMPTY_MM // 100,
                echoes=5,
                spread_mm=3,
                temperature_c=31,
                battery_mv=3900,
                rssi_dbm=-71,
                tilt_deg=2,
                bin=bin_of(number),
                fill_percent=percent,
                level_percent=percent,
            )
        )


def _database(file: Path) -> Engine:
    """Not synced: its size is the same, and nobody needs it afterwards."""
    engine = open_database(f"sqlite:///{file}")
    event.listen(engine, "connect", lambda made, _: made.execute("PRAGMA synchronous = OFF"))
    create_tables(engine)
    return engine


def _pages(engine: Engine) -> dict[str, int]:
    """Bytes of each table and index."""
    query = text("SELECT name, sum(pgsize) AS size FROM dbstat GROUP BY name")
    with engine.connect() as connection:
        return {row.name: row.size for row in connection.execute(query)}
