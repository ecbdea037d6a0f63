"""The straight paths of the fold: with all of them off, it is the same to the byte."""

from random import Random

import pytest

from jemput.entry import Act, ActKind, Changed, Emptying, Event, Intake, Link, encode
from jemput.fold import fold as folding
from jemput.fold import levels, plain
from jemput.fold.admission import Heard, admit
from jemput.fold.fold import Fold
from jemput.fold.state import dump
from jemput.policy import Override
from jemput.registry import PutPolicy, Retire
from jemput.rules import calling, condition, outcome
from tests.builders import CADENCE_S, START_S, message, town, wire

BINS = [f"b{number}" for number in range(8)]
STEPS = 150


class Life:
    """A few bins that fill, are emptied, hear faults and heat, and are silent now and then."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)  # noqa: S311 - repeatable, no secret
        self.seqs = dict.fromkeys(BINS, 0)
        self.fills = {one: self.random.randrange(70) for one in BINS}
        self.silent: set[str] = set()
        self.now_s = START_S

    def heard(self) -> list[Heard]:
        random = self.random
        self.now_s += random.choice([30, CADENCE_S, CADENCE_S, 3 * CADENCE_S])
        if random.random() < 0.1:
            self.silent = {one for one in BINS if random.random() < 0.4}
        return [self.one(one) for one in BINS if one not in self.silent]

    def one(self, bin_id: str) -> Heard:
        random = self.random
        self.seqs[bin_id] += random.choice([1, 1, 1, 2])
        risen = self.fills[bin_id] + random.randrange(8)
        self.fills[bin_id] = fill = risen if risen < 97 else random.randrange(12)
        measured = random.choice([fill, fill, fill, fill, fill, None, 0, 100])
        late_s = random.choice([0, 0, 0, 5, 2 * CADENCE_S])
        hot = {"temperature_c": random.choice([31] * 9 + [80, None]), "tilt_deg": 2}
        at_s, seq = self.now_s - late_s, self.seqs[bin_id]
        told = message(wire(seq, at_s, measured, **hot), kept=((1, max(1, seq - 1)),))
        return Heard(f"d-{bin_id}", told)

    def events(self, fold: Fold) -> tuple[Event, ...]:
        random, bin_id, now_ms = self.random, self.random.choice(BINS), self.now_s * 1000
        pickup = fold.state.bins[bin_id].pickup
        if pickup is not None and random.random() < 0.5:
            kinds: list[ActKind] = ["alerted", "accept", "collect", "fail"]
            kind = random.choice(kinds)
            return (Act(kind, pickup.id, bin_id, "asep", now_ms),)
        others: list[Event] = [
            Link(up=random.random() < 0.8),
            Changed(PutPolicy("bin", bin_id, Override(call_percent=random.choice([65, 80])))),
            Changed(PutPolicy("bin", bin_id, Override(max_age_h=random.choice([2, 30])))),
            Changed(Retire("bin", bin_id, self.now_s)),
        ]
        return (random.choice(others),) if random.random() < 0.08 else ()


def lived(seed: int) -> tuple[list[bytes], bytes, set[str]]:
    """Every entry as it is kept, the state in the end, and which kinds of decision there were."""
    life, fold = Life(seed), Fold()
    first = Intake(START_S * 1000, (*(Changed(one) for one in town(BINS)), Link(up=True)))
    entries = [fold.fold(first, 1)]
    due = []
    for _ in range(STEPS):
        heard = life.heard()
        admission = admit(fold.state, life.now_s * 1000, heard, events=life.events(fold))
        entries.append(fold.fold(admission.intake, 1))
        due.append(b"%d" % fold.next_due_ms())
    kinds = {type(one).__name__ for entry in entries for one in entry.decisions}
    again = Fold()
    for entry in entries:
        again.replay(entry)
    assert dump(again.state) == dump(fold.state)
    return [*map(encode, entries), *due], dump(fold.state), kinds


@pytest.mark.parametrize("seed", range(4))
def test_with_every_shortcut_off_it_is_the_same(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    entries, state, kinds = lived(seed)
    assert kinds >= {"OpenPickup", "MovePickup", "OpenIncident", "CloseIncident", "Say"}

    monkeypatch.setattr(folding, "sorted_out", lambda _, bins: ([], sorted(bins)))
    monkeypatch.setattr(calling, "is_plain", lambda _: False)
    monkeypatch.setattr(condition, "is_plain", lambda _: False)
    monkeypatch.setattr(outcome, "is_waiting", lambda _: False)
    monkeypatch.setattr(levels, "_may_be_step", lambda *_: True)
    slow_entries, slow_state, _ = lived(seed)
    assert slow_entries == entries
    assert slow_state == state


def test_most_readings_are_plain() -> None:
    life, fold = Life(0), Fold()
    things = tuple(Changed(one) for one in town(BINS))
    fold.fold(Intake(START_S * 1000, (*things, Link(up=True))), 1)
    fold.fold(admit(fold.state, life.now_s * 1000, life.heard()).intake, 1)
    passed, others = plain.sorted_out(fold.state, BINS)
    assert len(passed) + len(others) == len(BINS)
    assert len(passed) > len(others)


def test_a_fall_in_two_steps_is_an_emptying() -> None:
    fold = Fold()
    things = tuple(Changed(one) for one in town(["b1"]))
    fold.fold(Intake(START_S * 1000, (*things, Link(up=True))), 1)
    seen: list[Emptying] = []
    for number, fill in enumerate([70, 70, 70, 70, 70, 20, 12, 12, 12], start=1):
        at_s = START_S + number * CADENCE_S
        heard = [Heard("d-b1", message(wire(number, at_s, fill)))]
        seen += fold.fold(admit(fold.state, at_s * 1000, heard).intake, 1).emptyings
    assert [(one.bin, one.before_percent, one.after_percent) for one in seen] == [("b1", 70, 12)]
