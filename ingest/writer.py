"""The one writer of a group: a batch of messages becomes an entry, in one transaction.

    lock -> drain inbox -> admit -> fold -> entry, pickups, outbox, quarantine -> commit

Only after the commit may anybody be told. After a commit that failed nothing is known for
sure, so the state in memory is thrown away and recovered from what the database says.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Engine

from jemput.entry import Changed, Entry, Event
from jemput.fold.admission import Admission, Heard, Poison, admit
from jemput.fold.fold import Fold
from jemput.store import effects
from jemput.store import journal as journals
from jemput.store.checkpoints import Checkpoints
from jemput.store.database import writing
from jemput.store.journal import Journal

INBOX_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Batch:
    """What came in since the last commit."""

    heard: Sequence[Heard] = ()
    poison: Sequence[Poison] = ()
    events: tuple[Event, ...] = ()


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

    def take_over(self) -> None:
        """Become the writer: raise the epoch, then recover."""
        self.epoch = self.journal.take_over()
        self.recover()

    def recover(self) -> None:
        """Load the checkpoint, or the last snapshot where there is none, and apply what follows.

        Nothing is decided again.
        """
        fold = Fold(self.checkpoints.load())
        for entry in self.journal.entries(after=fold.state.position):
            fold.replay(entry)
        self.fold = fold
        self._registry_moved = True

    def commit(self, batch: Batch, now_ms: int) -> Entry:
        """Write one entry and what follows from it.

        Raises `TakenOverError` where another writer has the group. After any other error
        nothing of the batch may be acknowledged; the state is recovered before it returns.
        """
        try:
            with writing(self._engine) as connection:
                self.journal.lock(connection, self.epoch)
                ids, said = journals.drain(connection, self._group, INBOX_AT_ONCE)
                admission = admit(
                    self.fold.state, now_ms, batch.heard, batch.poison, (*batch.events, *said)
                )
                entry = self.fold.fold(admission.intake, self.epoch)
                self.journal.append(connection, entry)
                journals.mark_drained(connection, ids, entry.position)
                registry = self.fold.state.registry
                effects.write_decisions(connection, self._group, entry, registry)
                poison = [*batch.poison, *_too_old(admission)]
                effects.write_quarantine(connection, self._group, entry, poison)
        except journals.TakenOverError:
            raise
        except Exception:
            self.recover()
            raise
        self._count(entry)
        return entry

    def has_mail(self) -> bool:
        """Whether somebody said something that waits in the inbox."""
        with self._engine.connect() as connection:
            return bool(journals.drain(connection, self._group, 1)[0])

    def save_checkpoint(self) -> None:
        """Write behind what changed since the last time. Raises `TakenOverError`."""
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

    def _count(self, entry: Entry) -> None:
        self.counts.entries += 1
        self.counts.readings += len(entry.intake.readings)
        self.counts.duplicates += entry.intake.duplicates
        self.counts.quarantined += entry.intake.quarantined
        self._registry_moved = self._registry_moved or any(
            isinstance(event, Changed) for event in entry.intake.events
        )


def _too_old(admission: Admission) -> list[Poison]:
    detail = "so far behind what is known that it cannot be told from a duplicate"
    return [
        Poison("", repr(tuple(one)).encode(), "too_old_to_tell", detail, one.device)
        for one in admission.too_old
    ]
