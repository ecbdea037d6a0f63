"""Keeping the journal: a snapshot a day, and old entries gone where a retention is set.

And the quarantine: what is about to go is announced in the log each hour.

The state is folded from the journal, in small steps beside the writer, never taken from its
memory: so a snapshot is also a proof that the journal can be folded.
"""

import asyncio
import time
from collections.abc import Collection, Iterator
from typing import Final, TypeVar

import msgspec
import structlog
from sqlalchemy.exc import SQLAlchemyError

from ingest.waiting import first_of
from jemput.fold.fold import OutOfOrderError
from jemput.store.checkpoints import Checkpoints, put_missing
from jemput.store.clock import Clock
from jemput.store.database import writing
from jemput.store.history import Cursors, cursor_row
from jemput.store.journal import DamagedJournalError, Journal
from jemput.store.pruning import Pruning
from jemput.store.quarantine_bound import QuarantineBound
from jemput.store.schema import cursor
from jemput.store.snapshots import retold

DAY_MS: Final = 86_400_000
LOOK_S: Final = 30.0
QUARANTINE_S: Final = 3600.0
AFTER_TROUBLE_S: Final = 3600.0
STEP_S: Final = 0.02
REST: Final = 3
"""After each step it rests so many times as long as the step took."""

TROUBLE: Final = (
    DamagedJournalError,
    OutOfOrderError,
    SQLAlchemyError,
    ValueError,
    msgspec.MsgspecError,
)
_log: Final = structlog.get_logger(__name__)
Step = TypeVar("Step")


async def keep(
    journal: Journal,
    clock: Clock,
    sinks: Collection[str],
    stop: asyncio.Event,
    keep_s: float | None = None,
) -> None:
    """Make a snapshot each day of the run's clock until `stop`, and then prune to `keep_s`.

    `sinks` are those that are enabled; only they hold entries back. What fails is logged and
    tried again later: the group goes on without.
    """
    keeper = _Keeper(journal, clock, sinks, stop, keep_s)
    while not stop.is_set():
        pause_s = LOOK_S
        try:
            await keeper.look()
        except TROUBLE as error:
            pause_s = AFTER_TROUBLE_S
            _log.error("snapshot_failed", problem=str(error), next_try_in_s=pause_s)
        await keeper.rest(pause_s)


class _Keeper:
    def __init__(
        self,
        journal: Journal,
        clock: Clock,
        sinks: Collection[str],
        stop: asyncio.Event,
        keep_s: float | None,
    ) -> None:
        self.journal = journal
        self.checkpoints = Checkpoints(journal.engine, journal.group)
        self.cursors = Cursors(journal.engine, journal.group)
        self.clock = clock
        self.sinks = sinks
        self.stop = stop
        self.keep_s = keep_s
        self.bound = QuarantineBound(journal.engine, journal.group)
        self.bound_again_s = 0.0

    async def look(self) -> None:
        """Make a snapshot where one is due, and bound the quarantine."""
        await self._bound_quarantine()
        await asyncio.to_thread(self._hold_entries)
        if not await asyncio.to_thread(self._is_due):
            return
        fold = await self._last(retold(self.journal, self.checkpoints, STEP_S))
        if fold is None:
            return
        await asyncio.to_thread(self.checkpoints.save_snapshot, fold.state)
        _log.info("snapshot", position=fold.state.position)
        await self._prune()

    async def rest(self, pause_s: float) -> None:
        """Wait, but not for longer than the run lasts."""
        await first_of(self.stop, timeout_s=pause_s)

    async def _prune(self) -> None:
        if self.keep_s is None:
            return
        pruning = Pruning(self.journal)
        ignored = self.cursors.all().keys() - set(self.sinks)
        plan = await asyncio.to_thread(pruning.plan, self.keep_s, ignored)
        if plan.entries:
            await self._last(pruning.run(plan))
        _log.info("pruned", entries=plan.entries, held=plan.held)

    async def _bound_quarantine(self) -> None:
        if time.monotonic() < self.bound_again_s:
            return
        self.bound_again_s = time.monotonic() + QUARANTINE_S
        now_ms = self.clock.now_ms()
        notice = await asyncio.to_thread(self.bound.notice, now_ms)
        if notice is not None:
            _log.warning("quarantine_will_drop", problem=notice, look="jemput quarantine list")
        dropped = await self._last(self.bound.drop(now_ms))
        if dropped:
            _log.warning("quarantine_dropped", messages=dropped)

    async def _last(self, steps: Iterator[Step]) -> Step | None:
        """Take all steps, resting in between; the last of them, or nothing once stopped."""
        last: Step | None = None
        while not self.stop.is_set():
            began_s = time.monotonic()
            step = await asyncio.to_thread(next, steps, None)
            if step is None:
                return last
            last = step
            await self.rest(REST * (time.monotonic() - began_s))
        return None

    def _hold_entries(self) -> None:
        """A sink that never wrote anything has read nothing, and holds everything."""
        rows = [cursor_row(self.journal.group, sink, 0) for sink in self.sinks]
        with writing(self.journal.engine) as connection:
            put_missing(connection, cursor, rows)

    def _is_due(self) -> bool:
        """Whether there are entries of a day since the last snapshot, or the beginning."""
        snapshots = self.checkpoints.snapshots()
        at, since_ms = snapshots[-1] if snapshots else (0, self.journal.now_ms(1))
        if since_ms is None or at == self.journal.head():
            return False
        return self.clock.now_ms() - since_ms >= DAY_MS
