"""One replay: a broker and an ingester of its own, and the recording through both.

The run's clock is the recording's time: it moves on once everything until then is stored.
"""

import asyncio
import time
from collections import Counter
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sqlalchemy import Engine, func, select

from ingest.mqtt.session import Address
from ingest.writer import Writer
from jemput.broker.account import ingest_user, new_password, replay_user
from jemput.broker.config import NatsSettings
from jemput.broker.nats import NatsServer
from jemput.broker.ports import LOOPBACK, free_port
from jemput.cli.group import Group
from jemput.cli.recorded import SITE, RecordedBin, registry_changes
from jemput.cli.replay_progress import Progress
from jemput.cli.running import run_ingest
from jemput.cli.serving import told_to_stop
from jemput.entry import Link
from jemput.store import clock as clocks
from jemput.store.clock import wall_ms
from jemput.store.journal import Journal
from jemput.store.registry import RegistryStore
from jemput.store.schema import pickup
from simulator.broker_link import Access
from simulator.driven_clock import DrivenClock
from simulator.recording import Recording
from simulator.replay import Pace, ReplayTally, replay

NO_API: Final = "http://127.0.0.1:8000"
LOOK_S: Final = 0.05
QUIET_S: Final = 3.0


@dataclass(frozen=True)
class Outcome:
    """What came of it: this run's counts, and whether each row is in the journal once."""

    rows: int
    bad_rows: int
    repeated_rows: int
    readings_published: int
    readings_stored: int
    duplicates_ignored: int
    quarantined: int
    pickups_opened: int
    each_stored_once: bool
    seconds: float
    readings_per_s: float


class Replaying:
    """One replay, with a broker and an ingester of its own."""

    def __init__(
        self, recording: Recording, pace: Pace, engine: Engine, group: str, folder: Path
    ) -> None:
        """Take the recording, where to put it, and a folder for broker and clock."""
        self.recording = recording
        self.pace = pace
        self.engine = engine
        self.group = group
        self.folder = folder
        self.port = free_port()
        self.ingester, self.replayer = ingest_user(new_password()), replay_user(new_password())
        self.tally = ReplayTally()

    async def run(self) -> Outcome:
        """Replay, and compare the journal with the recording."""
        began_s, pickups_before = time.monotonic(), self._pickups()
        self._register()
        writer = Writer(self.engine, self.group)
        writer.take_over()
        # A replay that lost its broker is repeated, so its broker need not outlive a power cut.
        settings = NatsSettings(self.folder / "broker", self.port, sync_interval="1s")
        with NatsServer(settings, [self.ingester, self.replayer]):
            await self._live(writer)
        seconds = time.monotonic() - began_s
        return Outcome(
            rows=len(self.recording.rows),
            bad_rows=len(self.recording.bad),
            repeated_rows=self.recording.repeated,
            readings_published=self.tally.readings_published,
            readings_stored=writer.counts.readings,
            duplicates_ignored=writer.counts.duplicates,
            quarantined=writer.counts.quarantined,
            pickups_opened=self._pickups() - pickups_before,
            each_stored_once=is_stored_once(writer.journal, self.recording),
            seconds=round(seconds, 1),
            readings_per_s=round(self.tally.readings_published / seconds, 1),
        )

    async def _live(self, writer: Writer) -> None:
        """Ingest and publish, until all is published and taken or somebody says stop."""
        with (
            DrivenClock(self.folder / "clock") as driver,
            closing(clocks.DrivenClock(self.folder / "clock")) as clock,
        ):
            driver.advance_to(1000 * self.recording.rows[0].at_s)
            group = Group(self.engine, self.group, clock, stands_still=True)
            drained = asyncio.Event()
            address = Address(LOOPBACK, self.port, self.ingester.name, self.ingester.password)
            ingesting = asyncio.create_task(
                run_ingest(group, writer, address, NO_API, None, drained)
            )
            playing = asyncio.create_task(self._play(writer, writer.journal.head(), driver))
            stopping = asyncio.create_task(told_to_stop().wait())
            tasks = (ingesting, playing, stopping)
            try:
                await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
                if not ingesting.done():
                    await _end(playing)
                    drained.set()
                await ingesting
            except BaseExceptionGroup as group:
                raise _cause(group) from group
            finally:
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)
            if not playing.cancelled():
                playing.result()

    async def _play(self, writer: Writer, position: int, driver: DrivenClock) -> None:
        await self._attended(writer, position)
        progress = Progress(len(self.recording.rows))

        def note(tally: ReplayTally) -> None:
            self.tally = tally
            progress.note(tally)

        access = Access(LOOPBACK, self.port, self.replayer.name, self.replayer.password)
        await replay(self.recording, access, driver, site=SITE, pace=self.pace, progress=note)
        await _taken(writer, self.tally.readings_published)

    async def _attended(self, writer: Writer, position: int) -> None:
        """Wait until the fold knows every bin, and the ingester has begun to hear.

        A reading of an unknown bin decides nothing, and one that nobody hears is lost.
        """
        while not await asyncio.to_thread(self._is_attended, writer, position):  # noqa: ASYNC110 - neither tells
            await asyncio.sleep(LOOK_S)

    def _is_attended(self, writer: Writer, position: int) -> bool:
        """Whether the bins are known, and an entry behind `position` says that hearing began."""
        if not {one.id for one in self.recording.bins} <= writer.fold.state.registry.bins.keys():
            return False
        entries = writer.journal.entries(after=position)
        return any(Link(up=True) in entry.intake.events for entry in entries)

    def _register(self) -> None:
        """Make the bins known that are not."""
        store = RegistryStore(self.engine, self.group)
        known = store.read().bins
        new = [one for one in self.recording.bins if one.id not in known]
        if new:
            bins = [RecordedBin(one.id, one.waste, one.device) for one in new]
            store.change(registry_changes(bins), by="replay", now_ms=wall_ms())

    def _pickups(self) -> int:
        query = select(func.count()).select_from(pickup).where(pickup.c.group_id == self.group)
        with self.engine.connect() as connection:
            count: int = connection.execute(query).scalar_one()
            return count


def refuse_other_sites(engine: Engine, group: str) -> None:
    """Raise `ValueError` where the group has bins that are no recording."""
    others = sorted(RegistryStore(engine, group).read().sites.keys() - {SITE})
    if others:
        message = (
            f"the group {group!r} of this database holds the site {others[0]!r}, which is no"
            " recording: name a new folder or database"
        )
        raise ValueError(message)


def is_stored_once(journal: Journal, recording: Recording) -> bool:
    """Whether the journal holds every row of the recording exactly once, and nothing beside."""
    boots = {row.boot for row in recording.rows}
    stored = Counter(
        tuple(reading.identity)
        for entry in journal.entries()
        for reading in entry.intake.readings
        if reading.boot in boots
    )
    return stored == Counter((row.device, row.boot, row.seq) for row in recording.rows)


async def _taken(writer: Writer, published: int) -> None:
    """Wait for the ingester to have seen all that is published, as long as it moves."""
    seen, since_s = -1, time.monotonic()
    while seen < published and time.monotonic() - since_s < QUIET_S:
        counts = writer.counts
        now_seen = counts.readings + counts.duplicates + counts.quarantined
        if now_seen > seen:
            seen, since_s = now_seen, time.monotonic()
        await asyncio.sleep(LOOK_S)


def _cause(error: BaseException) -> BaseException:
    """What a task group only passed on."""
    while isinstance(error, BaseExceptionGroup) and len(error.exceptions) == 1:
        error = error.exceptions[0]
    return error


async def _end(task: asyncio.Task[None]) -> None:
    """Cancel what still runs; what it raised is for later."""
    task.cancel()
    await asyncio.wait((task,))
