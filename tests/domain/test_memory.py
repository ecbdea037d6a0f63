"""A device's memory against a plain set that forgets nothing but what is out of bounds."""

from typing import Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jemput import memory as memories
from jemput.memory import MAX_BOOTS, WINDOW, DeviceMemory, Verdict

Step = tuple[int, int]

# Close together, and around the edge of the window, where the rules change.
SEQS = st.one_of(st.integers(1, 12), st.integers(WINDOW - 3, WINDOW + 12))
BOOTS = st.integers(1, MAX_BOOTS + 4)
STEPS = st.lists(st.tuples(BOOTS, SEQS), max_size=60)
LONELY = st.lists(st.tuples(st.just(1), SEQS), max_size=40)
KEPT = st.lists(st.tuples(st.booleans(), SEQS), max_size=40)


class Naive:
    """The same by sets: what was heard, boots in the order they were met."""

    def __init__(self) -> None:
        self.heard: dict[int, set[int]] = {}
        self.forgotten: set[int] = set()

    def judge(self, boot: int, seq: int) -> Verdict:
        if boot in self.forgotten:
            return Verdict.TOO_OLD
        heard = self.heard.get(boot, set())
        if seq <= max(heard, default=0) - WINDOW:
            return Verdict.TOO_OLD
        return Verdict.KNOWN if seq in heard else Verdict.NEW

    def mark(self, boot: int, seq: int) -> None:
        if boot in self.forgotten:
            return
        self.heard.setdefault(boot, set()).add(seq)
        if len(self.heard) > MAX_BOOTS:
            oldest = next(iter(self.heard))
            del self.heard[oldest]
            self.forgotten.add(oldest)

    def upto(self, boot: int) -> int:
        heard, edge = self.heard[boot], max(self.heard[boot]) - WINDOW
        seq = max(edge, 0)
        while seq + 1 in heard:
            seq += 1
        return seq


@given(st.one_of(STEPS, LONELY))
def test_it_judges_and_acknowledges_as_a_set_does(steps: list[Step]) -> None:
    memory, naive = DeviceMemory(), Naive()
    for boot, seq in steps:
        assert memory.judge(boot, seq, 0) is naive.judge(boot, seq)
        memory.mark(boot, seq, 0)
        naive.mark(boot, seq)
    assert dict(memory.upto()) == {boot: naive.upto(boot) for boot in naive.heard}
    for boot in range(1, MAX_BOOTS + 5):
        for seq in (1, 5, 12, WINDOW, WINDOW + 12):
            assert memory.judge(boot, seq, 0) is naive.judge(boot, seq)


@given(LONELY)
def test_what_the_window_left_behind_is_told_once(steps: list[Step]) -> None:
    memory, heard, lost = DeviceMemory(), set(), []
    for boot, seq in steps:
        if memory.judge(boot, seq, 0) is Verdict.NEW:
            heard.add(seq)
        lost += [n for a, b in memory.mark(boot, seq, 0) for n in range(a, b + 1)]
    edge = max(heard, default=0) - WINDOW
    assert sorted(lost) == [seq for seq in range(1, edge + 1) if seq not in heard]


@given(KEPT)
def test_heard_and_settled_cover_everything_below_once(steps: list[tuple[bool, int]]) -> None:
    memory, heard, lost = DeviceMemory(), set(), []
    for is_kept, seq in steps:
        if is_kept:
            lost += [n for a, b in memory.missing_below(1, seq) for n in range(a, b + 1)]
            memory.settle(1, 1, seq - 1, 0)
        elif memory.judge(1, seq, 0) is Verdict.NEW:
            assert memory.was_lost(1, seq) is (seq in lost)
            lost = [one for one in lost if one != seq]
            heard.add(seq)
            lost += [n for a, b in memory.mark(1, seq, 0) for n in range(a, b + 1)]
    assert len(lost) == len(set(lost))
    assert not heard & set(lost)
    first = next((upto for _, upto in memory.upto()), 0)
    assert set(range(1, first + 1)) <= heard | set(lost)


@given(KEPT)
def test_what_was_lost_is_new_once_more_inside_the_window(steps: list[tuple[bool, int]]) -> None:
    memory, heard, highest = DeviceMemory(), set(), 0
    for is_kept, seq in steps:
        highest = max(highest, seq - is_kept)
        if is_kept:
            memory.settle(1, 1, seq - 1, 0)
        else:
            memory.mark(1, seq, 0)
            heard.add(seq)
        for one in (*range(1, 14), *range(WINDOW - 3, WINDOW + 14)):
            if one > highest - WINDOW:
                expected = Verdict.KNOWN if one in heard else Verdict.NEW
                assert memory.judge(1, one, 0) is expected
            else:
                assert memory.judge(1, one, 0) is Verdict.TOO_OLD


def test_what_is_remembered_of_losses_stays_inside_the_window() -> None:
    memory = DeviceMemory()
    for seq in range(2, 3 * WINDOW, 2):
        memory.mark(1, seq, 0)
        memory.settle(1, 1, seq, 0)
    assert len(memory.boots[1].gone) <= WINDOW // 2
    assert memory.upto() == [(1, 3 * WINDOW - 2)]


def test_a_forgotten_boot_is_not_begun_anew() -> None:
    memory = DeviceMemory()
    for boot in range(1, MAX_BOOTS + 2):
        memory.mark(boot, 1, 0)
    memory.mark(1, 7, 0)
    memory.settle(1, 1, 7, 0)
    assert memory.judge(1, 1, 0) is Verdict.TOO_OLD
    assert memory.judge(2, 1, 0) is Verdict.KNOWN


FEW: Final = 3
"""Boots of each kind remembered, so that a short run goes far beyond them."""


@settings(max_examples=400)
@given(st.lists(st.tuples(st.integers(1, 12), st.integers(1, 3), st.integers(0, 60)), max_size=80))
def test_what_was_heard_never_counts_as_new_however_many_boots_ago(
    steps: list[tuple[int, int, int]],
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(memories, "MAX_BOOTS", FEW)
        patch.setattr(memories, "MAX_FORGOTTEN_BOOTS", FEW)
        memory, heard, taken_s = DeviceMemory(), set(), dict[Step, int]()
        for now_s, (boot, seq, ago_s) in enumerate(steps):
            # The same reading says the same time, whenever it comes again.
            since_s = taken_s.setdefault((boot, seq), now_s - ago_s)
            if memory.judge(boot, seq, since_s) is Verdict.NEW:
                assert (boot, seq) not in heard
                memory.mark(boot, seq, now_s)
                heard.add((boot, seq))
        # What is surely newer than all of it is new, though its boots begin at 1 once more.
        for boot in range(1, 13):
            if not any(one == boot for one, _ in heard):
                assert memory.judge(boot, 1, len(steps)) is Verdict.NEW
        assert memory.judge(13, 1, 0) is Verdict.NEW
        assert len(memory.boots) <= FEW
        assert len(memory.forgotten) <= FEW


def after_boots(count: int) -> DeviceMemory:
    """A device that lost its power so many times, a minute apart."""
    memory = DeviceMemory()
    for boot in range(1, count + 1):
        memory.mark(boot, 1, 60 * boot)
    return memory


def test_a_boot_of_long_ago_is_too_old_and_neither_kept_nor_poison_begins_it_anew() -> None:
    memory = after_boots(500)
    assert memory.judge(7, 1, 60 * 7 - 300) is Verdict.TOO_OLD
    assert memory.missing_below(7, 5) == []
    memory.settle(7, 1, 4, 60 * 500)
    assert memory.set_aside(7, 1, 60 * 500) == []
    assert memory.judge(7, 9, 60 * 7 - 300) is Verdict.TOO_OLD
    assert 7 not in dict(memory.upto())


def test_a_new_board_whose_boots_begin_low_again_is_heard() -> None:
    memory = after_boots(500)
    assert memory.judge(0, 1, 60 * 501) is Verdict.NEW
    memory.mark(0, 1, 60 * 501)
    assert memory.judge(0, 1, 60 * 501) is Verdict.KNOWN


def test_a_healthy_device_costs_no_gaps() -> None:
    memory = DeviceMemory()
    for seq in range(1, 3 * WINDOW):
        memory.mark(1, seq, 0)
    assert memory.boots[1].gaps == []
