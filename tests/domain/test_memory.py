"""A device's memory against a plain set that forgets nothing but what is out of bounds."""

from hypothesis import given
from hypothesis import strategies as st

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
        assert memory.judge(boot, seq) is naive.judge(boot, seq)
        memory.mark(boot, seq)
        naive.mark(boot, seq)
    assert dict(memory.upto()) == {boot: naive.upto(boot) for boot in naive.heard}
    for boot in range(1, MAX_BOOTS + 5):
        for seq in (1, 5, 12, WINDOW, WINDOW + 12):
            assert memory.judge(boot, seq) is naive.judge(boot, seq)


@given(LONELY)
def test_what_the_window_left_behind_is_told_once(steps: list[Step]) -> None:
    memory, heard, lost = DeviceMemory(), set(), []
    for boot, seq in steps:
        if memory.judge(boot, seq) is Verdict.NEW:
            heard.add(seq)
        lost += [n for a, b in memory.mark(boot, seq) for n in range(a, b + 1)]
    edge = max(heard, default=0) - WINDOW
    assert sorted(lost) == [seq for seq in range(1, edge + 1) if seq not in heard]


@given(KEPT)
def test_heard_and_settled_cover_everything_below_once(steps: list[tuple[bool, int]]) -> None:
    memory, heard, lost = DeviceMemory(), set(), []
    for is_kept, seq in steps:
        if is_kept:
            lost += [n for a, b in memory.missing_below(1, seq) for n in range(a, b + 1)]
            memory.settle(1, 1, seq - 1)
        elif memory.judge(1, seq) is Verdict.NEW:
            assert memory.was_lost(1, seq) is (seq in lost)
            lost = [one for one in lost if one != seq]
            heard.add(seq)
            lost += [n for a, b in memory.mark(1, seq) for n in range(a, b + 1)]
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
            memory.settle(1, 1, seq - 1)
        else:
            memory.mark(1, seq)
            heard.add(seq)
        for one in (*range(1, 14), *range(WINDOW - 3, WINDOW + 14)):
            if one > highest - WINDOW:
                expected = Verdict.KNOWN if one in heard else Verdict.NEW
                assert memory.judge(1, one) is expected
            else:
                assert memory.judge(1, one) is Verdict.TOO_OLD


def test_what_is_remembered_of_losses_stays_inside_the_window() -> None:
    memory = DeviceMemory()
    for seq in range(2, 3 * WINDOW, 2):
        memory.mark(1, seq)
        memory.settle(1, 1, seq)
    assert len(memory.boots[1].gone) <= WINDOW // 2
    assert memory.upto() == [(1, 3 * WINDOW - 2)]


def test_a_forgotten_boot_is_not_begun_anew() -> None:
    memory = DeviceMemory()
    for boot in range(1, MAX_BOOTS + 2):
        memory.mark(boot, 1)
    memory.mark(1, 7)
    memory.settle(1, 1, 7)
    assert memory.judge(1, 1) is Verdict.TOO_OLD
    assert memory.judge(2, 1) is Verdict.KNOWN


def test_a_healthy_device_costs_no_gaps() -> None:
    memory = DeviceMemory()
    for seq in range(1, 3 * WINDOW):
        memory.mark(1, seq)
    assert memory.boots[1].gaps == []
