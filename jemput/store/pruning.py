"""Pruning: old entries go, at a snapshot, behind everybody who still has to read them."""

import time
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Final

from sqlalchemy import delete

from jemput.store.checkpoints import Checkpoints
from jemput.store.database import writing
from jemput.store.history import Cursors
from jemput.store.journal import DamagedJournalError, Journal
from jemput.store.schema import cursor

FIRST_ENTRIES: Final = 10
MOST_ENTRIES: Final = 500
LONGEST_S: Final = 0.01
"""So long a transaction may take: the next one is smaller where it took longer."""
SHORTEST_PAUSE_S: Final = 0.005
"""Between two transactions others get the database for at least as long as it was taken."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What would go: the entries from `first` to `cut`. `held` says what keeps the others."""

    first: int
    head: int
    cut: int
    held: tuple[str, ...]
    left_behind: tuple[str, ...]
    """Ignored sinks that will find entries gone: they start anew at the oldest kept one."""

    @property
    def entries(self) -> int:
        """How many would go."""
        return max(0, self.cut - self.first + 1)


class Pruning:
    """Cuts the journal of one group."""

    def __init__(self, journal: Journal) -> None:
        """Take the journal; touch nothing."""
        self.journal = journal
        self.checkpoints = Checkpoints(journal.engine, journal.group)
        self.cursors = Cursors(journal.engine, journal.group)

    def plan(self, keep_s: float, ignored: Collection[str] = ()) -> Plan:
        """What may go if everything younger than `keep_s` stays.

        Time is the journal's own: the newest entry is now.
        """
        first, head = self.journal.first(), self.journal.head()
        before_ms = (self.journal.now_ms(head) or 0) - int(keep_s * 1000)
        old = [at for at, now_ms in self.checkpoints.snapshots() if now_ms <= before_ms]
        readers = self._readers(head, ignored)
        held = [sentence for sentence, at in readers if any(one > at for one in old)]
        limit = min(at for _, at in readers)
        cut = first - 1
        for position in reversed([one for one in old if first <= one <= limit]):
            if self._reads(position, held):
                cut = position
                break
        if not old:
            held.append("no snapshot is that old: `jemput journal snapshot` makes one for later")
        cursors = self.cursors.all()
        behind = [one for one in sorted(ignored) if cursors.get(one, cut) < cut]
        return Plan(first, head, cut, tuple(held), tuple(behind))

    def run(self, plan: Plan) -> Iterator[int]:
        """Cut as planned, in short transactions; hands over how many entries went so far."""
        if not plan.entries:
            return
        self.checkpoints.forget_snapshots(before=plan.cut)
        self._forget_cursors(plan.left_behind)
        gone, at_once = 0, FIRST_ENTRIES
        while True:
            began_s = time.monotonic()
            deleted = self.journal.delete_upto(plan.cut, at_once)
            took_s = time.monotonic() - began_s
            if not deleted:
                return
            gone += deleted
            at_once = fitting(at_once, took_s)
            yield gone
            time.sleep(max(SHORTEST_PAUSE_S, took_s))

    def _readers(self, head: int, ignored: Collection[str]) -> list[tuple[str, int]]:
        """Who still has to read entries, in a sentence, and up to which one each has."""
        readers = [(f"entry {head} is the newest, which always stays", head - 1)]
        readers += [
            (f"sink {sink} has read up to entry {position} of {head}", position)
            for sink, position in sorted(self.cursors.all().items())
            if sink not in ignored
        ]
        saved = self.checkpoints.saved_position()
        if saved is not None:
            sentence = f"the checkpoint stands at entry {saved}: a start needs what follows"
            readers.append((sentence, saved))
        return readers

    def _reads(self, position: int, held: list[str]) -> bool:
        """A journal is never cut at a snapshot that nobody could start from."""
        try:
            self.checkpoints.snapshot_at(position)
        except (DamagedJournalError, ValueError) as error:
            held.append(str(error))
            return False
        return True

    def _forget_cursors(self, sinks: Collection[str]) -> None:
        with writing(self.journal.engine) as connection:
            connection.execute(
                delete(cursor).where(
                    cursor.c.group_id == self.journal.group, cursor.c.sink.in_(sinks)
                )
            )


def fitting(at_once: int, took_s: float) -> int:
    """How many entries to delete next, after so many took so long."""
    if took_s > LONGEST_S:
        return max(1, at_once // 2)
    return min(MOST_ENTRIES, at_once * 2) if took_s < LONGEST_S / 2 else at_once
