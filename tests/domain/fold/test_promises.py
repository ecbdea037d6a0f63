"""What can be promised: duplicates, restarts and order change nothing (SEMANTICS, judging)."""

from hypothesis import given
from hypothesis import strategies as st

from jemput import entry as journal
from jemput.entry import Changed, Entry, Link, OpenedByHand
from jemput.fold.admission import Heard, admit
from jemput.fold.fold import Fold
from jemput.fold.state import dump, load
from tests.builders import CADENCE_S, EPOCH, START_S, by_hand, message, town, wire

BINS = ("b1", "b2", "b3")
Batch = list[Heard]


@st.composite
def batches(draw: st.DrawFn) -> list[Batch]:
    """A few hours of a town: messages late, lost, in batches; cut into entries.

    Devices may have given up what they say later all the same.
    """
    told: list[Heard] = []
    for one in BINS:
        levels = draw(st.lists(st.one_of(st.none(), st.integers(0, 100)), max_size=14))
        readings = [
            wire(number + 1, START_S + number * CADENCE_S, fill, battery_mv=battery)
            for number, fill in enumerate(levels)
            for battery in [draw(st.sampled_from([3200, 3900]))]
        ]
        size = draw(st.integers(1, 4))
        kept = draw(st.sampled_from([(), ((1, 3),)]))
        told += [
            Heard(f"d-{one}", message(*readings[i : i + size], kept=kept))
            for i in range(0, len(readings), size)
        ]
    told = draw(st.permutations(told))
    entries: list[Batch] = []
    while told:
        count = draw(st.integers(1, 6))
        entries.append(told[:count])
        told = told[count:]
    return entries


def begun(fold: Fold) -> list[Entry]:
    admission = admit(
        fold.state,
        START_S * 1000,
        (),
        events=(*(Changed(one) for one in town(BINS)), Link(up=True)),
    )
    return [fold.fold(admission.intake, EPOCH)]


def step(fold: Fold, index: int, heard: Batch) -> Entry:
    now_ms = (START_S + (index + 1) * 2 * CADENCE_S) * 1000
    events: tuple[OpenedByHand, ...] = (by_hand("b2"),) if index == 2 else ()
    return fold.fold(admit(fold.state, now_ms, heard, events=events).intake, EPOCH)


def run(told: list[Batch]) -> tuple[bytes, list[Entry]]:
    fold = Fold()
    entries = begun(fold)
    entries += [step(fold, index, heard) for index, heard in enumerate(told)]
    return dump(fold.state), entries


def said(entries: list[Entry]) -> list[bytes]:
    """What was derived and decided, without the count of duplicates."""
    return [
        journal.encode(Entry(e.position, 1, 1, journal.Intake(0), e.readings, e.losses,
                             e.emptyings, e.decisions))
        for e in entries
    ]  # fmt: skip


@given(batches(), st.data())
def test_duplicates_change_nothing(told: list[Batch], data: st.DataObject) -> None:
    doubled: list[Batch] = []
    before: Batch = []
    for heard in told:
        before = before + heard
        again = data.draw(st.lists(st.sampled_from(before), max_size=5))
        doubled.append(data.draw(st.permutations(heard + again)))
    state, entries = run(told)
    other_state, other_entries = run(doubled)
    assert other_state == state
    assert said(other_entries) == said(entries)


@given(batches(), st.data())
def test_order_inside_an_entry_changes_nothing(told: list[Batch], data: st.DataObject) -> None:
    shuffled = [data.draw(st.permutations(heard)) for heard in told]
    state, entries = run(told)
    other_state, other_entries = run(shuffled)
    assert other_state == state
    assert [journal.encode(e) for e in other_entries] == [journal.encode(e) for e in entries]


@given(batches(), st.data())
def test_a_restart_anywhere_changes_nothing(told: list[Batch], data: st.DataObject) -> None:
    state, entries = run(told)
    fold = Fold()
    again = begun(fold)
    for index, heard in enumerate(told):
        if data.draw(st.booleans()):
            fold = Fold(load(dump(fold.state)))
        again.append(step(fold, index, heard))
    assert dump(fold.state) == state
    assert again == entries


@given(batches(), st.data())
def test_replay_of_the_entries_gives_the_same_state(told: list[Batch], data: st.DataObject) -> None:
    state, entries = run(told)
    from_nothing = Fold()
    for one in entries:
        if data.draw(st.booleans()):
            from_nothing = Fold(load(dump(from_nothing.state)))
        from_nothing.replay(journal.decode(journal.encode(one)))
    assert dump(from_nothing.state) == state


@given(batches(), st.integers(0, 20))
def test_after_a_replay_the_fold_goes_on_the_same(told: list[Batch], cut: int) -> None:
    state, entries = run(told)
    cut = min(cut, len(told))
    fold = Fold()
    for one in entries[: cut + 1]:
        fold.replay(one)
    for index in range(cut, len(told)):
        assert step(fold, index, told[index]) == entries[index + 1]
    assert dump(fold.state) == state
