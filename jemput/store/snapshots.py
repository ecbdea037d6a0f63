"""Snapshots are made by folding the journal from the last one, never from a writer's memory."""

import time
from collections.abc import Iterator

from jemput.fold.fold import Fold
from jemput.store.checkpoints import Checkpoints
from jemput.store.journal import Journal


def retold(journal: Journal, checkpoints: Checkpoints, step_s: float) -> Iterator[Fold]:
    """Fold from the newest snapshot to the head of now, handing over about every `step_s`.

    The last fold handed over stands at that head; there is always one. Nothing is decided
    again. Raises `DamagedJournalError`.
    """
    head = journal.head()
    fold = Fold(checkpoints.start(upto=head))
    until_s = time.monotonic() + step_s
    for entry in journal.entries(after=fold.state.position, upto=head):
        fold.replay(entry)
        if time.monotonic() >= until_s:
            yield fold
            until_s = time.monotonic() + step_s
    yield fold


def is_known(checkpoints: Checkpoints, position: int) -> bool:
    """Whether there is a snapshot at a position already."""
    return any(position == at for at, _ in checkpoints.snapshots())
