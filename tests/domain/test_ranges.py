"""Ranges against plain sets."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from jemput.ranges import Range, above, holds, joined, with_one, without_one


def members(ranges: list[Range]) -> set[int]:
    return {seq for first, last in ranges for seq in range(first, last + 1)}


@given(st.lists(st.tuples(st.booleans(), st.integers(1, 20)), max_size=60))
def test_they_are_sets_in_order_and_apart(steps: list[tuple[bool, int]]) -> None:
    ranges: list[Range] = []
    plain: set[int] = set()
    for is_put, seq in steps:
        assert holds(ranges, seq) == (seq in plain)
        if not is_put:
            ranges, plain = without_one(ranges, seq), plain - {seq}
        elif seq not in plain:
            ranges, plain = with_one(ranges, seq), plain | {seq}
        assert members(ranges) == plain
        assert all(a[1] + 1 < b[0] for a, b in pairwise(ranges))


@given(st.sets(st.integers(1, 20)), st.sets(st.integers(1, 20)), st.integers(0, 21))
def test_joined_and_cut_they_are_still_sets(one: set[int], other: set[int], edge: int) -> None:
    told = [(seq, seq) for seq in (*one, *(other - one))]
    ranges = joined(told)
    assert members(ranges) == one | other
    assert all(a[1] + 1 < b[0] for a, b in pairwise(ranges))
    assert members(above(ranges, edge)) == {seq for seq in one | other if seq > edge}
