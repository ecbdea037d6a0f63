"""Facts begin where a sink stands: folded from the journal, never taken from a writer's memory."""

from jemput.facts import Facts
from jemput.store.checkpoints import Checkpoints
from jemput.store.journal import Journal


def facts_after(journal: Journal, position: int) -> Facts:
    """As somebody knows them who followed every entry up to `position`.

    From the newest snapshot before it: about a day's entries at most. Raises
    `DamagedJournalError`.
    """
    state = Checkpoints(journal.engine, journal.group).start(upto=position)
    facts = Facts(state)
    for entry in journal.entries(state.position, upto=position):
        facts.take(entry)
    return facts
