"""When what was heard is worth a commit: enough of it, or long enough, or nothing more comes."""

import pytest

from ingest import pending
from ingest.hearing import Heard, Receipt
from ingest.pending import LONGEST_S, MOST_MESSAGES, QUIET_S, SHORTEST_S, TRICKLE, Pending


class Time:
    """A monotonic clock that a test moves."""

    def __init__(self) -> None:
        self.now_s = 1000.0

    def monotonic(self) -> float:
        return self.now_s


@pytest.fixture
def time(monkeypatch: pytest.MonkeyPatch) -> Time:
    """The clock that `Pending` looks at."""
    clock = Time()
    monkeypatch.setattr(pending, "time", clock)
    return clock


def heard(count: int) -> list[Heard]:
    return [Heard("t/1", b"", False, Receipt(1, 1))] * count  # noqa: FBT003 - retained


def rest(due_in_s: float | None) -> float | None:
    return None if due_in_s is None else round(due_in_s, 6)


def test_nothing_wants_no_commit(time: Time) -> None:
    waiting = Pending()
    assert waiting.due_in_s() is None
    time.now_s += 10
    assert waiting.take().messages == []


def test_enough_is_committed_at_once_and_no_more_than_that(time: Time) -> None:
    waiting = Pending()
    waiting.hear(heard(MOST_MESSAGES + 3))
    assert waiting.due_in_s() == 0
    assert len(waiting.take().messages) == MOST_MESSAGES
    assert rest(waiting.due_in_s()) == SHORTEST_S
    time.now_s += SHORTEST_S
    assert waiting.due_in_s() == 0


def test_while_more_comes_it_is_waited_for(time: Time) -> None:
    waiting = Pending()
    for _ in range(20):
        waiting.hear(heard(TRICKLE))
        time.now_s += QUIET_S / 2
    assert 0 < (waiting.due_in_s() or 0) <= QUIET_S
    assert len(waiting.messages) == 20 * TRICKLE


def test_never_for_longer_than_the_longest(time: Time) -> None:
    waiting = Pending()
    began_s = time.now_s
    waiting.hear(heard(1))
    while rest(waiting.due_in_s()) != 0:
        time.now_s += QUIET_S / 2
        waiting.hear(heard(1))
    assert rest(time.now_s - began_s) == rest(LONGEST_S)


def test_a_full_window_is_not_waited_for(time: Time) -> None:
    waiting = Pending()
    waiting.hear(heard(20))
    time.now_s += SHORTEST_S
    assert waiting.due_in_s() == 0


def test_a_trickle_waits_longer_and_longer(time: Time) -> None:
    waiting = Pending()
    waits = []
    for _ in range(6):
        waiting.hear(heard(1))
        waits.append(rest(waiting.due_in_s()))
        time.now_s += LONGEST_S
        waiting.take()
    assert waits == [SHORTEST_S, 0.04, 0.08, 0.16, LONGEST_S, LONGEST_S]
