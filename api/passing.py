"""What goes into the journal, counted as it passes, since no table keeps such sums."""

import threading
from collections import Counter
from collections.abc import Iterator
from typing import Final

from jemput.store.journal import Journal

MOST_AT_ONCE: Final = 2000
"""Entries a look may decode; whoever asks seldom skips the rest rather than wait."""

NAMES: Final = {
    "entries": "Entries committed to the journal",
    "readings": "Readings taken into the journal",
    "duplicates": "Readings that were known already",
    "quarantined": "Messages that could not be taken, and are kept",
    "lost": "Readings that are known never to come",
    "emptyings": "Emptyings seen in the levels",
    "skipped": "Entries not counted here, because nobody asked for too long",
}


class Passing:
    """Counts from the journal's head at the first look on, as a Prometheus counter begins at 0."""

    def __init__(self, journal: Journal) -> None:
        """Take the journal; ask nothing yet."""
        self._journal = journal
        self._position: int | None = None
        self._lock = threading.Lock()
        self._sums: Counter[str] = Counter()

    def look(self, head: int) -> dict[str, int]:
        """Sums up to `head`, by the words of `NAMES`. Raises `DamagedJournalError`."""
        with self._lock:
            if self._position is None:
                self._position = head
            elif head > self._position:
                self._count(max(self._position, head - MOST_AT_ONCE), head)
            return {name: self._sums[name] for name in NAMES}

    def _count(self, after: int, head: int) -> None:
        self._sums["skipped"] += after - (self._position or 0)
        for entry in self._journal.entries(after, upto=head):
            self._sums["entries"] += 1
            self._sums["readings"] += len(entry.intake.readings)
            self._sums["duplicates"] += entry.intake.duplicates
            self._sums["quarantined"] += entry.intake.quarantined
            self._sums["lost"] += sum(loss.last - loss.first + 1 for loss in entry.losses)
            self._sums["emptyings"] += len(entry.emptyings)
        self._position = head


def named(sums: dict[str, int]) -> Iterator[tuple[str, str, int]]:
    """Name, words and value of each sum."""
    for name, value in sums.items():
        yield f"jemput_journal_{name}", NAMES[name], value
