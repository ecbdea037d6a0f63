"""Facts begin where a sink stands: folded from the journal, never taken from a writer's memory."""

from jemput.facts import Facts
from jemput.fold.state import GroupState
from jemput.store.checkpoints import Checkpoints
from jemput.store.journal import DamagedJournalError, Journal
from jemput.summary import SLOT_MS


def facts_after(journal: Journal, position: int) -> Facts:
    """As somebody knows them who followed every entry up to `position`.

    From a snapshot before it: about a day's entries at most. Raises `DamagedJournalError`.
    """
    state = _start(journal, position)
    facts = Facts(state)
    for entry in journal.entries(state.position, upto=position):
        facts.take(entry)
    return facts


def _start(journal: Journal, position: int) -> GroupState:
    """The newest snapshot before the slot that `position` is in, so that its sums are whole."""
    checkpoints = Checkpoints(journal.engine, journal.group)
    now_ms = journal.now_ms(position)
    if now_ms is None:
        return checkpoints.start(upto=position)
    slot_began = journal.position_at(now_ms // SLOT_MS * SLOT_MS)
    try:
        return checkpoints.start(upto=slot_began - 1)
    except DamagedJournalError:  # the journal begins within the slot: its sums are not told
        return checkpoints.start(upto=position)
