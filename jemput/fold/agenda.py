"""When each bin has to be looked at again although nothing is heard of it."""

import heapq
from collections.abc import Sequence

from jemput.fold.state import NEVER_MS, BinState, GroupState
from jemput.pickup import UNCLAIMED, State
from jemput.rules import calling, condition, outcome
from jemput.rules.view import View


class Agenda:
    """A lazy heap: when each bin is to be looked up, which is never later than it is due.

    A bin that is heard is due later than before: its note stays where it is, and moves on once
    its time has come. So there is about one note a bin, however often it is heard.
    """

    def __init__(self) -> None:
        """Start empty."""
        self._heap: list[tuple[int, str]] = []
        self._noted: dict[str, int] = {}

    def put(self, bin_state: BinState, due_ms: int) -> None:
        """Note when a bin is due."""
        bin_state.due_ms = due_ms
        if due_ms < self._noted.get(bin_state.bin, NEVER_MS):
            self._noted[bin_state.bin] = due_ms
            heapq.heappush(self._heap, (due_ms, bin_state.bin))

    def next_ms(self, state: GroupState) -> int:
        """When the next bin is due."""
        while self._heap:
            noted_ms, bin_id = self._heap[0]
            if self._noted.get(bin_id) != noted_ms:
                heapq.heappop(self._heap)  # there is an earlier note
                continue
            bin_state = state.bins[bin_id]
            if bin_state.due_ms == noted_ms:
                return noted_ms
            self._take_out(bin_id)
            self.put(bin_state, bin_state.due_ms)
        return NEVER_MS

    def pop_due(self, state: GroupState) -> set[str]:
        """Take out the bins that are due now."""
        due = set()
        while self.next_ms(state) <= state.now_ms:
            _, bin_id = self._heap[0]
            self._take_out(bin_id)
            state.bins[bin_id].due_ms = NEVER_MS
            due.add(bin_id)
        return due

    def _take_out(self, bin_id: str) -> None:
        heapq.heappop(self._heap)
        del self._noted[bin_id]

    def rebuild(self, state: GroupState) -> None:
        """Start from what the bins themselves say."""
        self._heap = [(one.due_ms, one.bin) for one in state.bins.values() if one.due_ms < NEVER_MS]
        self._noted = {bin_id: due_ms for due_ms, bin_id in self._heap}
        heapq.heapify(self._heap)


def due_ms(view: View) -> int:
    """When the rules of time will next have something to say of a bin."""
    now_ms, first_ms = view.now_ms, NEVER_MS
    if view.is_retired:
        return NEVER_MS
    for due in (*_silence_dues(view), *_pickup_dues(view)):
        if now_ms < due < first_ms:
            first_ms = due
    return first_ms


def _silence_dues(view: View) -> Sequence[int]:
    if not view.state.listening.up:
        return ()
    heard_ms = view.now_ms - view.silent_ms
    return heard_ms + condition.silence_limit_ms(view), heard_ms + condition.report_limit_ms(view)


def _pickup_dues(view: View) -> Sequence[int]:
    pickup, seen_ms = view.bin_state.pickup, view.bin_state.seen_emptied_ms
    if pickup is None:
        return _age_dues(view)
    if pickup.state in UNCLAIMED:
        return (outcome.expiry_ms(view, pickup),)
    dues = [outcome.overdue_ms(view, pickup), outcome.unfinished_ms(view, pickup)]
    if pickup.state is State.ACCEPTED and seen_ms is not None:
        dues.append(outcome.claim_ms(view, seen_ms))
    return dues


def _age_dues(view: View) -> Sequence[int]:
    age_ms, hold = calling.age_due_ms(view), view.bin_state.hold
    if age_ms is None:
        return ()
    # Due already where another rule ended a pickup just now: then at once.
    return (max(age_ms, hold.until_ms if hold is not None else 0, view.now_ms + 1),)
