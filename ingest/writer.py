"""The one writer of a group: a batch of messages becomes an entry, in one transaction.

    lock -> drain inbox -> admit -> fold -> entry, pickups, outbox, quarantine -> commit

Only after the commit may anybody be told. After a commit that failed nothing is known for
sure, so the state in memory is thrown away and recovered from what the database says.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import msgspec
from sqlalchemy import Connection, Engine, select
from sqlalchemy.exc import SQLAlchemyError

from ingest.alarm import Alarm, write_alarms
from jemput.entry import Changed, Entry, Event
from jemput.fold.admission import Admission, Heard, Poison, admit
from jemput.fold.fold import Fold
from jemput.payload import WireMessage
from jemput.reading import Identity
from jemput.store import effects
from jemput.store import journal as journals
from jemput.store.checkpoints import Checkpoints
from jemput.store.database import writing
from jemput.store.journal import Journal
from jemput.store.recovery import recovered
from jemput.store.schema import inbox

INBOX_AT_ONCE = 500
TOO_OLD: Final = "too_old_to_tell"


class FoldFailedError(RuntimeError):
    """What was to be folded does not fit: the database is well, and trying again cannot help."""


@dataclass(frozen=True, slots=True)
class Batch:
    """What came in since the last commit, and what the operator is to be told of it."""

    heard: Sequence[Heard] = ()
    poison: Sequence[Poison] = ()
    events: tuple[Event, ...] = ()
    alarms: tuple[Alarm, ...] = ()


@dataclass(slots=True)
class Counts:
    """What this writer did since it started."""

    entries: int = 0
    readings: int = 0
    duplicates: int = 0
    quarantined: int = 0


class Writer:
    """Folds batches into the journal of one group."""

    def __init__(self, engine: Engine, group: str) -> None:
        """Take the database; touch nothing until `take_over`."""
        self.journal = Journal(engine, group)
        self.checkpoints = Checkpoints(engine, group)
        self.counts = Counts()
        self.epoch = 0
        self.fold = Fold()
        self._engine = engine
        self._group = group
        self._registry_moved = False
        self._is_doubtful = False

    def take_over(self) -> None:
        """Become the writer: raise the epoch, then recover."""
        self.epoch = self.journal.take_over()
        self.recover()

    def recover(self) -> None:
        """Start again from what the database says."""
        self.fold = recovered(self.journal, self.checkpoints)
        self._registry_moved = True
        self._is_doubtful = False

    def commit(self, batch: Batch, now_ms: int, *, mail: int = INBOX_AT_ONCE) -> Entry:
        """Write one entry and what follows from it, with at most `mail` rows of the inbox.

        Raises `TakenOverError` where another writer has the group, `FoldFailedError` where the
        batch or the inbox cannot be folded, and what the database raises. After any of them
        nothing of the batch may be acknowledged; the state is recovered before anything follows.
        """

        def write(connection: Connection) -> Entry:
            ids, said = journals.drain(connection, self._group, mail) if mail else ([], ())
            events = (*batch.events, *said)
            return self._write(connection, batch, events, ids, now_ms)

        return self._transact(write)

    def set_mail_aside(self, problem: str, alarm: Alarm, now_ms: int) -> Entry:
        """Quarantine the oldest row of the inbox, unread. Raises as `commit` does."""

        def write(connection: Connection) -> Entry:
            row = connection.execute(
                select(inbox.c.id, inbox.c.blob)
                .where(inbox.c.group_id == self._group, inbox.c.position.is_(None))
                .order_by(inbox.c.id)
                .limit(1)
            ).one()
            poison = Poison("inbox", row.blob, "fold_failed", problem)
            batch = Batch(poison=[poison], alarms=(alarm,))
            return self._write(connection, batch, (), [row.id], now_ms)

        return self._transact(write)

    def has_mail(self) -> bool:
        """Whether somebody said something that waits in the inbox."""
        return bool(self.mail(1))

    def mail(self, most: int = INBOX_AT_ONCE) -> int:
        """How much waits in the inbox, up to `most`."""
        waiting = select(inbox.c.id).where(
            inbox.c.group_id == self._group, inbox.c.position.is_(None)
        )
        with self._engine.connect() as connection:
            return len(connection.execute(waiting.limit(most)).all())

    def save_checkpoint(self) -> None:
        """Write behind what changed since the last time. Raises `TakenOverError`."""
        self._settle_doubt()
        fold = self.fold
        self.checkpoints.save(
            fold.state,
            fold.touched_bins,
            fold.touched_devices,
            registry=self._registry_moved,
            epoch=self.epoch,
        )
        fold.touched_bins, fold.touched_devices = set(), set()
        self._registry_moved = False

    def _transact(self, write: Callable[[Connection], Entry]) -> Entry:
        self._settle_doubt()
        self._is_doubtful = True
        try:
            with writing(self._engine) as connection:
                self.journal.lock(connection, self.epoch)
                entry = write(connection)
        except journals.TakenOverError:
            raise
        except SQLAlchemyError:
            self.recover()
            raise
        except Exception as error:
            self.recover()
            raise FoldFailedError(f"{type(error).__name__}: {error}") from error
        self._is_doubtful = False
        self._count(entry)
        return entry

    def _settle_doubt(self) -> None:
        """A recovery that failed as well is made up for before anything else."""
        if self._is_doubtful:
            self.recover()

    def _write(
        self,
        connection: Connection,
        batch: Batch,
        events: tuple[Event, ...],
        mail: Sequence[int],
        now_ms: int,
    ) -> Entry:
        admission = admit(self.fold.state, now_ms, batch.heard, batch.poison, events)
        entry = self.fold.fold(admission.intake, self.epoch)
        self.journal.append(connection, entry)
        journals.mark_drained(connection, mail, entry.position)
        registry = self.fold.state.registry
        effects.write_decisions(connection, self._group, entry, registry)
        poison = [*batch.poison, *_too_old(admission, batch.heard)]
        effects.write_quarantine(connection, self._group, entry, poison)
        write_alarms(connection, self._group, entry, registry, batch.alarms)
        return entry

    def _count(self, entry: Entry) -> None:
        self.counts.entries += 1
        self.counts.readings += len(entry.intake.readings)
        self.counts.duplicates += entry.intake.duplicates
        self.counts.quarantined += entry.intake.quarantined
        self._registry_moved = self._registry_moved or any(
            isinstance(event, Changed) for event in entry.intake.events
        )


def _too_old(admission: Admission, heard: Sequence[Heard]) -> list[Poison]:
    """Each as a message of its own, so that its bytes are kept."""
    if not admission.too_old:
        return []
    detail = "so far behind what is known that it cannot be told from a duplicate"
    told = {
        Identity(one.device, wire.boot, wire.seq): wire
        for one in heard
        for wire in one.message.readings
    }
    return [
        Poison(
            topic="",
            payload=msgspec.json.encode(WireMessage(1, (told[one],), ())),
            reason=TOO_OLD,
            detail=detail,
            device=one.device,
        )
        for one in admission.too_old
    ]
