"""A fold as the database says it was: nothing is decided again."""

from jemput.fold.fold import Fold
from jemput.store.checkpoints import Checkpoints
from jemput.store.journal import Journal


def recovered(journal: Journal, checkpoints: Checkpoints) -> Fold:
    """Load the checkpoint, or the last snapshot where there is none, and apply what follows.

    Raises `DamagedJournalError`.
    """
    fold = Fold(checkpoints.load())
    for entry in journal.entries(after=fold.state.position):
        fold.replay(entry)
    return fold
