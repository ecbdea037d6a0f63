"""The fold itself: intake in, entry out; or entry in, the same state again.

intake -> observe -> decide -> apply        live, what-if, evaluation
entry  -> observe          -> apply         recovery: it never decides again
"""

from collections.abc import Sequence
from itertools import chain

from jemput.decisions import CloseIncident, Decision, IncidentKind
from jemput.entry import FOLD_VERSION, Entry, Intake, Readmitted
from jemput.fold import judging, listening
from jemput.fold.agenda import Agenda, due_ms
from jemput.fold.observation import Observed, observe
from jemput.fold.plain import bins_of, sorted_out
from jemput.fold.sites import Sites
from jemput.fold.state import BinState, GroupState
from jemput.rules.view import View


class OutOfOrderError(ValueError):
    """An entry that does not follow the one before: the journal has a hole."""


class Fold:
    """One group's state, and what is needed to move it forward."""

    def __init__(self, state: GroupState | None = None) -> None:
        """Start from a state, or from nothing."""
        self.state = state if state is not None else GroupState()
        self.touched_bins: set[str] = set()
        self.touched_devices: set[str] = set()
        self.sites = Sites()
        self.sites.recount(self.state)
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
        views, plain = self._due(observed, position)
        of_sites = judging.decide_sites(self.state, self.sites, views, position)
        self._apply_to_sites(of_sites)
        decisions = judging.decide(views)
        self._apply(views, decisions)
        self._pass(plain)
        self._finish(position, intake)
        return Entry(
            position=position,
            epoch=epoch,
            fold_version=FOLD_VERSION,
            intake=intake,
            readings=tuple(observed.readings),
            losses=tuple(observed.losses),
            emptyings=tuple(observed.emptyings),
            decisions=(*of_sites, *decisions),
        )

    def replay(self, entry: Entry) -> None:
        """Take an entry that was decided before. Raises `OutOfOrderError` on a hole."""
        if entry.position != self.state.position + 1:
            message = f"entry {entry.position} does not follow entry {self.state.position}"
            raise OutOfOrderError(message)
        observed, named = observe(self.state, entry.intake), bins_of(entry.decisions)
        views, plain = self._due(observed, entry.position, named)
        self._look_again(entry.decisions)
        self._apply(views, entry.decisions)
        self._pass(plain)
        self._finish(entry.position, entry.intake)

    def _due(
        self, observed: Observed, position: int, named: frozenset[str] = frozenset()
    ) -> tuple[list[View], list[tuple[BinState, int]]]:
        """The bins to be judged, in the order of their ids; and the plain ones, with their due.

        Those `named` were decided upon before: they are not plain, whatever they are now.
        """
        bins = observed.touched
        if observed.all_due:
            bins = set(self.state.bins)
            self.sites.recount(self.state)
        elif self.state.rules_of_time_hold():
            bins |= self._agenda.pop_due(self.state)
        self.touched_bins |= bins
        plain, others = sorted_out(self.state, bins - named)
        if named:
            others = sorted({*others, *(bins & named)})
        views = [judging.view_of(self.state, bin_id, position) for bin_id in others]
        judging.note_silence(views, self.sites)
        return views, plain

    def _apply(self, views: Sequence[View], decisions: Sequence[Decision]) -> None:
        judging.apply(self.state, decisions)
        for view in views:
            judging.note_judged(view.bin_state)
            self._agenda.put(view.bin_state, due_ms(view))

    def _pass(self, plain: Sequence[tuple[BinState, int]]) -> None:
        """Nothing is to be said of these."""
        put = self._agenda.put
        for bin_state, again_ms in plain:
            judging.note_judged(bin_state)
            put(bin_state, again_ms)

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
        for bin_id in chain.from_iterable(self.sites.silent(site) for site in back):
            self._agenda.put(self.state.bins[bin_id], self.state.now_ms + 1)
            self.touched_bins.add(bin_id)

    def _finish(self, position: int, intake: Intake) -> None:
        self.state.position = position
        for told in (intake.readings, intake.kept, intake.settled):
            self.touched_devices.update([one.device for one in told])
        for event in intake.events:
            if isinstance(event, Readmitted):
                self.touched_devices.update(one.device for one in event.readings)
