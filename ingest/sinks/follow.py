"""Following the journal: read behind the cursor, write, and only then move the cursor."""

import asyncio
import contextlib
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import structlog
from sqlalchemy import insert
from sqlalchemy.exc import OperationalError, SQLAlchemyError

from ingest.sinks.sink import Refused, Sink
from ingest.waiting import first_of
from jemput.entry import Entry
from jemput.store.checkpoints import upsert
from jemput.store.database import writing
from jemput.store.held import held_back
from jemput.store.history import Cursors, cursor_row
from jemput.store.influx import WriteFailedError
from jemput.store.journal import Journal
from jemput.store.schema import cursor, quarantine

REASON: Final = "influx_refused"
READINGS_AT_ONCE: Final = 40_000
ENTRIES_AT_ONCE: Final = 500
LOOK_AGAIN_S: Final = 1.0
GATHER_S: Final = 0.25
"""A write costs the same for a few readings as for many, so it waits so long for more."""
ENOUGH_READINGS: Final = 5_000
FIRST_PAUSE_S: Final = 0.25
LONGEST_PAUSE_S: Final = 30.0
FINISH_S: Final = 5.0
TOLD_EVERY_S: Final = 3600.0
LONGEST_ASKED_S: Final = 3600.0
"""A server may ask for patience, but not for ever."""


@dataclass
class Progress:
    """How a sink is doing, for health and metrics."""

    position: int = 0
    lag: int = 0
    """Entries between its cursor and the journal's head."""
    written: int = 0
    """Readings since the start."""
    refused: int = 0
    last_error: str | None = None
    failing_since_s: float | None = None
    """Unix seconds of the first failure in a row; None while all is well."""

    def failed(self, error: Exception) -> None:
        """Note a failure, and when the row of failures began."""
        self.last_error = str(error)
        if self.failing_since_s is None:
            self.failing_since_s = time.time()

    def moved(self, entries: Sequence[Entry], refused: int) -> None:
        """Note that entries are written."""
        self.lag = max(0, self.lag - len(entries))
        self.position = entries[-1].position
        self.written += sum(len(entry.readings) for entry in entries) - refused
        self.refused += refused
        self.failing_since_s = None


async def follow(  # noqa: PLR0913 - one journal, one sink, and how to tell them things
    journal: Journal,
    cursors: Cursors,
    sink: Sink,
    stop: asyncio.Event,
    nudge: asyncio.Event,
    *,
    progress: Progress | None = None,
) -> None:
    """Keep a sink behind the journal until `stop`; `nudge` says that there may be more.

    Once stopped, a sink that is well still takes what the journal holds, within `FINISH_S`.
    Raises `DamagedJournalError`; trouble with the sink or the database is waited out.
    """
    follower = _Follower(journal, cursors, sink, stop, progress or Progress())
    while not stop.is_set():
        nudge.clear()
        if not await follower.step():
            await first_of(nudge, stop, timeout_s=LOOK_AGAIN_S)
        elif follower.readings < ENOUGH_READINGS:
            await first_of(stop, timeout_s=GATHER_S)
    await follower.finish()


class _Follower:
    """One chunk after another; a chunk is kept as it is until it is written."""

    def __init__(
        self,
        journal: Journal,
        cursors: Cursors,
        sink: Sink,
        stop: asyncio.Event,
        progress: Progress,
    ) -> None:
        self.journal = journal
        self.cursors = cursors
        self.sink = sink
        self.stop = stop
        self.progress = progress
        self.log = structlog.get_logger(__name__).bind(sink=sink.name)
        self.chunk: list[Entry] = []
        self.readings = 0
        """Of the last chunk that was read."""
        self.failures = 0
        self.told = 0
        self.behind: tuple[float, int] | None = None

    async def step(self) -> bool:
        """Try one chunk; whether there was anything to do."""
        try:
            if not self.chunk:
                self.chunk = await asyncio.to_thread(self._read)
            if not self.chunk:
                return False
            refused = await self.sink.write(self.chunk)
            await asyncio.to_thread(self._settle, refused)
        except (WriteFailedError, OperationalError) as error:
            await self._wait_out(error)
            return True
        self._note(refused)
        return True

    async def finish(self) -> None:
        """Take what is still there: what is left undone is done after the next start."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(FINISH_S):
                while not self.failures and await self.step():
                    pass

    def _read(self) -> list[Entry]:
        """The next entries behind the cursor, up to a bound of readings."""
        position = self.cursors.get(self.sink.name)
        self.progress.position = position
        self.progress.lag = self.journal.head() - position
        chunk: list[Entry] = []
        readings = 0
        for entry in self.journal.entries(position):
            chunk.append(entry)
            readings += len(entry.readings)
            if readings >= READINGS_AT_ONCE or len(chunk) >= ENTRIES_AT_ONCE:
                break
        self.readings = readings
        return chunk

    def _settle(self, refused: Sequence[Refused]) -> None:
        """Keep what was refused and move the cursor, in one transaction: each row once."""
        position = self.chunk[-1].position
        if self.cursors.get(self.sink.name) >= position:
            return  # the sink moved it itself
        rows = [_quarantined(self.journal.group, one) for one in refused]
        with writing(self.journal.engine) as connection:
            if rows:
                connection.execute(insert(quarantine), rows)
            at = cursor_row(self.journal.group, self.sink.name, position)
            upsert(connection, cursor, [at])

    def _note(self, refused: Sequence[Refused]) -> None:
        if self.failures:
            self.log.info("sink_recovered", after_failures=self.failures)
            self.behind = time.monotonic(), self.progress.written
        if refused:
            self.log.warning("sink_refused_rows", rows=len(refused), detail=refused[0].detail)
        self.progress.moved(self.chunk, len(refused))
        self.chunk = []
        self.failures = self.told = 0
        if self.behind is not None and not self.progress.lag:
            took_s, written = time.monotonic() - self.behind[0], self.progress.written
            readings = written - self.behind[1]
            self.log.info("sink_caught_up", readings=readings, took_s=round(took_s, 1))
            self.behind = None

    async def _wait_out(self, error: Exception) -> None:
        asked_s = error.retry_after_s if isinstance(error, WriteFailedError) else None
        wait_s = pause_s(self.failures, asked_s)
        self.failures += 1
        self.progress.failed(error)
        self.log.warning("sink_failing", error=str(error), next_try_in_s=round(wait_s, 1))
        await self._tell_what_waits()
        await first_of(self.stop, timeout_s=wait_s)

    async def _tell_what_waits(self) -> None:
        """Each hour of an outage: what waits is on a disk that is full one day."""
        since_s = self.progress.failing_since_s
        hours = 0 if since_s is None else int((time.time() - since_s) // TOLD_EVERY_S)
        if hours <= self.told:
            return
        self.told = hours
        with contextlib.suppress(SQLAlchemyError):
            for one in await asyncio.to_thread(held_back, self.journal.engine, self.journal.group):
                if one.sink == self.sink.name:
                    self.log.warning("sink_holds_journal", problem=one.sentence, hours=hours)


def pause_s(failures: int, asked_s: float | None) -> float:
    """Seconds until the next try: doubling with jitter, never sooner than the server asked."""
    ceiling = min(LONGEST_PAUSE_S, FIRST_PAUSE_S * 2 ** min(failures, 16))
    jittered = random.uniform(ceiling / 2, ceiling)  # noqa: S311 - no secret
    return min(asked_s or 0.0, LONGEST_ASKED_S) + jittered


def _quarantined(group: str, one: Refused) -> dict[str, object]:
    return {
        "group_id": group,
        "position": one.position,
        "at_ms": one.at_ms,
        "reason": REASON,
        "detail": one.detail,
        "topic": "",
        "device": one.device,
        "payload": one.line,
    }
