"""Readings out of the quarantine count exactly once, whatever was said before, twice or since."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from jemput import entry as journal
from jemput.entry import Readmitted
from jemput.fold.admission import Heard, Poison, admit, placed
from jemput.fold.fold import Fold
from jemput.fold.state import dump, load
from jemput.memory import MOST_ASIDE
from jemput.payload import WireReading
from jemput.reading import Identity
from tests.builders import CADENCE_S, EPOCH, START_S, Feed, message, town, wire

DEVICE = "d-b1"
SEQS = st.lists(st.integers(1, 12), min_size=1, max_size=4, unique=True)
STEPS = st.lists(st.tuples(st.sampled_from(["say", "poison", "readmit"]), SEQS), max_size=14)


def one(seq: int) -> WireReading:
    """The same reading whenever it is asked for."""
    return wire(seq, START_S + seq * CADENCE_S, fill=5 * seq)


def heard(seqs: list[int]) -> Heard:
    return Heard(DEVICE, message(*(one(seq) for seq in seqs)))


def poison(seqs: list[int]) -> Poison:
    return Poison("t", b"", "invalid", "", DEVICE, tuple((1, seq) for seq in seqs))


def readmitted(seqs: list[int]) -> Readmitted:
    return Readmitted(placed(heard(seqs), START_S * 1000))


def taken(feed: Feed, kind: str, seqs: list[int]) -> journal.Entry:
    """One step: the device says readings, or spoils them, or a person readmits them."""
    feed.now_s += CADENCE_S
    if kind == "say":
        return feed.take(heard(seqs))
    if kind == "poison":
        return feed.take(poison=(poison(seqs),))
    return feed.take(events=(readmitted(seqs), readmitted(seqs[:1])))


def expected(steps: list[tuple[str, list[int]]]) -> set[int]:
    """By sets: spoilt ones count once they are readmitted, and not when they are said again."""
    counted: set[int] = set()
    spoilt: set[int] = set()
    for kind, seqs in steps:
        if kind == "say":
            counted |= set(seqs) - spoilt
        elif kind == "poison":
            spoilt |= set(seqs) - counted
        else:
            counted |= set(seqs)
            spoilt -= set(seqs)
    return counted


@given(STEPS)
def test_each_counts_exactly_once(steps: list[tuple[str, list[int]]]) -> None:
    feed = Feed()
    counts: Counter[int] = Counter()
    for kind, seqs in steps:
        counts.update(reading.seq for reading in taken(feed, kind, seqs).readings)
    assert set(counts) == expected(steps)
    assert set(counts.values()) <= {1}


@given(STEPS, st.integers(0, 14))
def test_a_restart_anywhere_changes_nothing(steps: list[tuple[str, list[int]]], cut: int) -> None:
    feed = Feed()
    for kind, seqs in steps:
        taken(feed, kind, seqs)
    again = Fold()
    for number, entry in enumerate(feed.entries):
        if number == cut:
            again = Fold(load(dump(again.state)))
        again.replay(journal.decode(journal.encode(entry)))
    assert dump(again.state) == dump(feed.fold.state)


def test_said_and_readmitted_in_one_entry_counts_once_as_the_device_said_it() -> None:
    feed = Feed()
    entry = feed.take(heard([1, 2]), events=(readmitted([2, 3]),))
    assert sorted(reading.seq for reading in entry.readings) == [1, 2, 3]


def test_a_readmitted_reading_is_no_sign_of_life() -> None:
    feed, other = Feed(), Feed()
    for each in (feed, other):
        each.take(poison=(poison([1]),))
        each.pass_s(10 * CADENCE_S)
    before_ms = feed.bin().heard_listened_ms
    assert feed.take(events=(readmitted([1]),)).readings[0].fill_percent == 5
    assert feed.bin().heard_listened_ms == before_ms
    other.take(heard([2]))
    assert other.bin().heard_listened_ms > before_ms


def test_it_is_placed_in_time_as_when_it_came() -> None:
    unset = Heard(DEVICE, message(wire(1, 0), wire(2, 60)))
    assert [reading.at_s for reading in placed(unset, START_S * 1000)] == [START_S - 60, START_S]


def test_readings_of_a_device_nobody_knows_are_kept_until_it_is_bound() -> None:
    feed = Feed(town()[:-1])
    entry = feed.take(events=(readmitted([1]),))
    assert [reading.bin for reading in entry.readings] == [None]
    assert feed.fold.state.unbound[DEVICE]


def test_devices_of_readmitted_readings_are_marked_for_the_checkpoint() -> None:
    feed = Feed()
    feed.fold.touched_devices.clear()
    feed.take(events=(readmitted([1]),))
    assert feed.fold.touched_devices == {DEVICE}


def test_what_is_set_aside_is_bounded_and_the_oldest_is_not_guessed() -> None:
    fold = Fold()
    spoilt = [2 * number for number in range(1, MOST_ASIDE + 2)]
    for seq in spoilt:
        fold.fold(admit(fold.state, START_S * 1000, (), (poison([seq]),)).intake, EPOCH)
    boot = fold.state.devices[DEVICE].boots[1]
    assert len(boot.aside) == MOST_ASIDE
    events = (readmitted([spoilt[0], spoilt[1]]),)
    entry = fold.fold(admit(fold.state, START_S * 1000, (), events=events).intake, EPOCH)
    assert [reading.identity for reading in entry.readings] == [Identity(DEVICE, 1, spoilt[1])]
