"""The ingester: hears, commits, and only then tells anybody.

ear -> pending -> writer (in a thread) -> PUBACK -> application ack
                                       -> sinks and alerts, unhurried
"""

import asyncio
import time
from collections.abc import Callable
from typing import Final

import structlog
from sqlalchemy.exc import SQLAlchemyError

from ingest import decoding
from ingest.acks import Acks
from ingest.alarm import Alarm
from ingest.hearing import Ear, Heard
from ingest.pending import LONGEST_S, Pending
from ingest.rates import Rates
from ingest.sifting import FoldStuckError, Sifting, Spoken
from ingest.writer import Writer
from jemput.entry import Event, Link
from jemput.fold import admission
from jemput.store.clock import Clock

LOOK_S: Final = 0.05
MAIL_S: Final = 0.25
CHECKPOINT_S: Final = 1.0
CHECKPOINT_ROWS_A_S: Final = 500
"""Of more that changed a checkpoint waits longer, each row being written once for many readings."""
CHECKPOINT_LONGEST_S: Final = 30.0
CHECKPOINT_READINGS: Final = 150_000
"""So many are folded again after a crash at most: about a second."""
RETRY_S: Final = 1.0
PATIENCE_S: Final = 5.0
_log: Final = structlog.get_logger(__name__)


class Station:
    """One group's ingester. Give its `on_heard` and `on_link` to an ear."""

    def __init__(
        self,
        writer: Writer,
        clock: Clock,
        acks: Acks,
        on_commit: Callable[[], None],
        longest_s: float = LONGEST_S,
    ) -> None:
        """Take the writer, which has taken over already, and whom to nudge after a commit.

        What is heard waits `longest_s` for more at most.
        """
        self.ear: Ear | None = None
        self.rates = Rates()
        self._writer = writer
        self._clock = clock
        self.acks = acks
        self._on_commit = on_commit
        self._pending = Pending(longest_s)
        self._wake = asyncio.Event()
        self._mail_s = self._checkpoint_s = self._stopping_s = 0.0
        self._checkpoint_readings = 0

    def on_heard(self, batch: list[Heard]) -> None:
        """Take what one socket read held."""
        was_empty = self._pending.due_in_s() is None
        self._pending.hear(batch)
        if was_empty or self._pending.is_enough():
            self._wake.set()

    def on_link(self, *, up: bool) -> None:
        """Note that hearing began or ended: silence counts only time spent listening.

        What was heard before stays and is committed, since not every broker sends it again;
        its receipts acknowledge nothing on the next link.
        """
        self._pending.note(Link(up))
        self._wake.set()

    def note(self, event: Event, alarm: Alarm | None = None) -> None:
        """Note what happened to the run, and what the operator has to know of it."""
        self._pending.note(event, alarm)
        self._wake.set()

    def make(self, maker: Callable[[], Event]) -> None:
        """Make an event as its entry is made, such as the run's clock jumping."""
        self._pending.make(maker)
        self._wake.set()

    async def run(self, stop: asyncio.Event) -> None:
        """Commit until `stop`, then once more what was heard until then.

        What cannot be committed even so stays unacknowledged: the broker will say it again.
        """
        while not stop.is_set():
            await self._sleep()
            await self._step(stop)
        while self._pending.due_in_s() is not None and await self._commit(stop):
            pass
        await self._save_checkpoint()

    async def _sleep(self) -> None:
        wait_s = self._pending.due_in_s()
        try:
            async with asyncio.timeout(LOOK_S if wait_s is None else wait_s):
                await self._wake.wait()
                self._wake.clear()
        except TimeoutError:
            return

    async def _step(self, stop: asyncio.Event) -> None:
        due_in_s = self._pending.due_in_s()
        is_due = self._writer.fold.next_due_ms() <= self._clock.now_ms()
        if (due_in_s is not None and due_in_s <= 0) or is_due or await self._has_mail():
            await self._commit(stop)
        self._settle_acks()
        if self._wants_checkpoint():
            await self._save_checkpoint()

    def _wants_checkpoint(self) -> bool:
        fold, counts = self._writer.fold, self._writer.counts
        if counts.readings - self._checkpoint_readings >= CHECKPOINT_READINGS:
            return True
        changed = len(fold.touched_bins) + len(fold.touched_devices)
        wait_s = min(max(CHECKPOINT_S, changed / CHECKPOINT_ROWS_A_S), CHECKPOINT_LONGEST_S)
        return time.monotonic() - self._checkpoint_s >= wait_s

    async def _has_mail(self) -> bool:
        if time.monotonic() - self._mail_s < MAIL_S:
            return False
        self._mail_s = time.monotonic()
        try:
            return await asyncio.to_thread(self._writer.has_mail)
        except SQLAlchemyError as error:
            _log.error("inbox_unread", problem=str(error))
            return False

    async def _save_checkpoint(self) -> None:
        """What it does not hold is folded again at the next start, so it may fail."""
        self._checkpoint_s = time.monotonic()
        self._checkpoint_readings = self._writer.counts.readings
        try:
            await asyncio.to_thread(self._writer.save_checkpoint)
        except SQLAlchemyError as error:
            _log.error("checkpoint_failed", problem=str(error))

    async def _commit(self, stop: asyncio.Event) -> bool:
        """Commit, however long the database is away; False where `stop` came and it still is."""
        taken = self._pending.take()
        read = [Spoken(one, self._read(one)) for one in taken.messages]
        spoken, alarms = self.rates.sort(read, self._clock.now_ms())
        sifting = Sifting(self._writer, spoken, taken.events, (*taken.alarms, *alarms))
        while not sifting.is_done:
            try:
                await asyncio.to_thread(sifting.step, self._clock.now_ms())
            except (SQLAlchemyError, FoldStuckError) as error:
                _log.error("commit_failed", problem=str(error))
                if self._gives_up(stop):
                    _log.error("left_unacknowledged", messages=len(taken.messages))
                    return False
                await asyncio.sleep(RETRY_S)
        if self.ear is not None and taken.messages:
            self.ear.acknowledge([one.receipt for one in taken.messages])
        self._note_who_spoke(taken.messages)
        self._on_commit()
        return True

    def _gives_up(self, stop: asyncio.Event) -> bool:
        if not stop.is_set():
            return False
        self._stopping_s = self._stopping_s or time.monotonic()
        return time.monotonic() - self._stopping_s >= PATIENCE_S

    def _read(self, heard: Heard) -> admission.Heard | admission.Poison:
        return decoding.read(heard.topic, heard.payload, retained=heard.retained)

    def _note_who_spoke(self, messages: list[Heard]) -> None:
        for one in messages:
            spoken = decoding.spoken_on(one.topic)
            if spoken is not None:
                self.acks.spoke(spoken.site, spoken.device)
        self._settle_acks()

    def _settle_acks(self) -> None:
        """The writer rests now, so its memory is exactly what is committed."""
        self.acks.settle(self._writer.fold.state.devices)
