"""Sets of sequences as ranges: in order, apart, and with both ends included."""

from collections.abc import Iterable, Sequence

Range = tuple[int, int]
"""First and last sequence, both included."""


def holds(ranges: Sequence[Range], seq: int) -> bool:
    """Whether `seq` is in one of the ranges."""
    return any(first <= seq <= last for first, last in ranges)


def with_one(ranges: Sequence[Range], seq: int) -> list[Range]:
    """The ranges and `seq`, which is in none of them yet."""
    before = [one for one in ranges if one[1] < seq]
    behind = [one for one in ranges if one[0] > seq]
    first = before.pop()[0] if before and before[-1][1] == seq - 1 else seq
    last = behind.pop(0)[1] if behind and behind[0][0] == seq + 1 else seq
    return [*before, (first, last), *behind]


def joined(ranges: Iterable[Range]) -> list[Range]:
    """Ranges that hold nothing twice, put in order and apart."""
    found: list[Range] = []
    for first, last in sorted(ranges):
        if found and found[-1][1] == first - 1:
            found[-1] = (found[-1][0], last)
        else:
            found.append((first, last))
    return found


def above(ranges: Sequence[Range], edge: int) -> list[Range]:
    """What of the ranges is above `edge`."""
    return [(max(first, edge + 1), last) for first, last in ranges if last > edge]


def without_one(ranges: Sequence[Range], seq: int) -> list[Range]:
    """The ranges without `seq`."""
    left: list[Range] = []
    for first, last in ranges:
        if not first <= seq <= last:
            left.append((first, last))
            continue
        if first < seq:
            left.append((first, seq - 1))
        if seq < last:
            left.append((seq + 1, last))
    return left
