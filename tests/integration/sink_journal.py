"""A journal with readings of one bin, and a sink that follows it."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Final, Self

from ingest.sinks.follow import Progress, follow
from ingest.sinks.sink import Sink
from jemput.entry import FOLD_VERSION, Entry, Intake
from jemput.reading import Quality, Reading, TimeSource
from jemput.store.database import create_tables, open_database, writing
from jemput.store.history import Cursors
from jemput.store.journal import Journal
from tests.servers import wait_until

AT_S: Final = 1_790_000_000
TIMEOUT_S: Final = 30
GROUP: Final = "lubuk-pakam"


def made(
    seq: int, quality: Quality = Quality.OK, *, bin_id: str = "bin-1", from_s: int = AT_S
) -> Reading:
    """The reading of minute `seq`."""
    good = quality is Quality.OK
    return Reading(
        device="dev-1",
        boot=7,
        seq=seq,
        at_s=from_s + 60 * seq,
        time_source=TimeSource.DEVICE,
        quality=quality,
        distance_mm=900 if good else None,
        echoes=5,
        spread_mm=4,
        temperature_c=30,
        battery_mv=3600,
        rssi_dbm=None,
        tilt_deg=0,
        bin=bin_id,
        fill_percent=seq % 101 if good else None,
        level_percent=seq % 97 if good else None,
    )


def new_journal(folder: Path) -> Journal:
    """An empty one."""
    engine = open_database(f"sqlite:///{folder}/jemput.db")
    create_tables(engine)
    return Journal(engine, GROUP)


def append(journal: Journal, *batches: list[Reading]) -> None:
    """An entry for each batch."""
    epoch = journal.epoch() or journal.take_over()
    for readings in batches:
        with writing(journal.engine) as connection:
            position = journal.lock(connection, epoch) + 1
            intake = Intake(now_ms=AT_S * 1000 + position)
            entry = Entry(position, epoch, FOLD_VERSION, intake, tuple(readings), (), (), ())
            journal.append(connection, entry)


class Following:
    """A sink that follows, in a task, inside `async with`."""

    def __init__(self, journal: Journal, sink: Sink) -> None:
        self.progress = Progress()
        self.nudge = asyncio.Event()
        self._journal = journal
        self._sink = sink
        self._stop = asyncio.Event()

    async def __aenter__(self) -> Self:
        cursors = Cursors(self._journal.engine, GROUP)
        self._task = asyncio.ensure_future(
            follow(
                self._journal, cursors, self._sink, self._stop, self.nudge, progress=self.progress
            )
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        self._stop.set()
        await self._task
        await self._sink.close()

    async def reach(self, position: int) -> None:
        """Wait until the sink has an entry."""
        await asyncio.to_thread(
            wait_until, lambda: self.progress.position >= position, TIMEOUT_S, f"entry {position}"
        )

    async def until(self, is_true: Callable[[], bool]) -> None:
        """Wait until something is so."""
        await asyncio.to_thread(wait_until, is_true, TIMEOUT_S, "what was waited for")

    async def fails(self) -> None:
        """Wait until a write has failed."""
        await asyncio.to_thread(
            wait_until, lambda: self.progress.failing_since_s is not None, TIMEOUT_S, "a failure"
        )
