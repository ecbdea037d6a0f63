"""The fold itself: intake in, entry out; or entry in, the same state again.

intake -> observe -> decide -> apply        live, what-if, evaluation
entry  -> observe          -> apply         recovery: it never decides again
"""

from collections.abc import Sequence

from jemput.decisions import CloseIncident, Decision, IncidentKind
from jemput.entry import FOLD_VERSION, Entry, Intake
from jemput.fold import judging, listening
from jemput.fold.agenda import Agenda, due_ms
from jemput.fold.observation import Observed, observe
from jemput.fold.state import GroupState


class OutOfOrderError(ValueError):
    """An entry that does not follow the one before: the journal has a hole."""


class Fold:
    """One group's state, and what is needed to move it forward."""

    def __init__(self, state: GroupState | None = None) -> None:
        """Start from a state, or from nothing."""
        self.state = state if state is not None else GroupState()
        self.touched_bins: set[str] = set()
        self.touched_devices: set[str] = set()
        self._agenda = Agenda()
        self._agenda.rebuild(self.state)

    def next_due_ms(self) -> int:
        """When something is due although nothing comes in."""
        settled_ms = listening.settled_at_ms(self.state)
        if not self.state.rules_of_time_hold():
            return settled_ms
        return min(settled_ms, self._agenda.next_ms(self.state))

    def fold(self, intake: Intake, epoch: int) -> Entry:
        """Take an intake, decide, and return the entry that says so."""
        position = self.state.position + 1
        observed = observe(self.state, intake)
        bins = self._due_bins(observed)
        decisions = judging.decide(self.state, bins, position)
        self._apply(position, bins, decisions)
        of_sites = judging.decide_sites(self.state, bins, position)
        self._apply_to_sites(of_sites)
        self._note_devices(intake)
        return Entry(
            position=position,
            epoch=epoch,
            fold_version=FOLD_VERSION,
            intake=intake,
            readings=tuple(observed.readings),
            losses=tuple(observed.losses),
            emptyings=tuple(observed.emptyings),
            decisions=(*decisions, *of_sites),
        )

    def replay(self, entry: Entry) -> None:
        """Take an entry that was decided before. Raises `OutOfOrderError` on a hole."""
        if entry.position != self.state.position + 1:
            message = f"entry {entry.position} does not follow entry {self.state.position}"
            raise OutOfOrderError(message)
        bins = self._due_bins(observe(self.state, entry.intake))
        self._apply(entry.position, bins, entry.decisions)
        self._look_again(entry.decisions)
        self._note_devices(entry.intake)

    def _due_bins(self, observed: Observed) -> set[str]:
        if observed.all_due:
            return set(self.state.bins)
        due = self._agenda.pop_due(self.state) if self.state.rules_of_time_hold() else set()
        return observed.touched | due

    def _apply(self, position: int, bins: set[str], decisions: Sequence[Decision]) -> None:
        judging.apply(self.state, decisions)
        self.state.position = position
        judging.settle(self.state, bins)
        for bin_id in bins:
            view = judging.view_of(self.state, bin_id, position)
            self._agenda.put(view.bin_state, due_ms(view))
        self.touched_bins |= bins

    def _apply_to_sites(self, decisions: Sequence[Decision]) -> None:
        judging.apply(self.state, decisions)
        self._look_again(decisions)

    def _look_again(self, decisions: Sequence[Decision]) -> None:
        """A site is back: its bins that are silent all the same are looked at by themselves."""
        back = {
            decision.site
            for decision in decisions
            if isinstance(decision, CloseIncident) and decision.kind is IncidentKind.SITE_SILENCE
        }
        for bin_state in self.state.bins.values() if back else ():
            if bin_state.silent and self.state.registry.site_of(bin_state.bin) in back:
                self._agenda.put(bin_state, self.state.now_ms + 1)

    def _note_devices(self, intake: Intake) -> None:
        for told in (intake.readings, intake.kept, intake.settled):
            self.touched_devices.update(one.device for one in told)
