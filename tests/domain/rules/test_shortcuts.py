"""The shortcuts past rules that have nothing to say change no decision."""

from collections.abc import Mapping, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jemput.entry import Entry
from jemput.fold.admission import Heard
from jemput.rules import calling, condition
from tests.builders import CADENCE_S, Feed, by_hand, message, wire

CONDITIONS = st.fixed_dictionaries(
    {
        "temperature_c": st.sampled_from([None, 30, 80]),
        "tilt_deg": st.sampled_from([None, 3, 60]),
        "battery_mv": st.sampled_from([None, 3900, 3200]),
    }
)
SAID = st.tuples(st.sampled_from([None, 10, 60, 80, 100]), CONDITIONS)
STEP = st.tuples(st.lists(SAID, max_size=4), st.integers(1, 8), st.booleans())
"""What a device says in one entry, how many cadences later, and whether a person calls."""


Step = tuple[Sequence[tuple[int | None, Mapping[str, int | None]]], int, bool]


def told(steps: Sequence[Step]) -> Feed:
    feed, seq = Feed(), 0
    feed.policy(max_age_h=2)
    for said, cadences, is_called in steps:
        feed.now_s += cadences * CADENCE_S
        readings = [
            wire(seq + number, feed.now_s - len(said) + number, fill, **fields)
            for number, (fill, fields) in enumerate(said, 1)
        ]
        seq += len(readings)
        heard = [Heard("d-b1", message(*readings))] if readings else []
        feed.take(*heard, events=(by_hand(now_s=feed.now_s),) if is_called else ())
    return feed


@settings(max_examples=300)
@given(st.lists(STEP, min_size=1, max_size=8))
def test_judging_every_rule_decides_the_same(steps: list[Step]) -> None:
    short = told(steps).entries
    with pytest.MonkeyPatch.context() as patched:
        for rules in (calling, condition):
            patched.setattr(rules, "is_plain", lambda _: False)
        whole = told(steps).entries
    assert short == whole


def decisions(entries: Sequence[Entry]) -> int:
    return sum(len(one.decisions) for one in entries)


def test_a_shortcut_that_is_taken_too_often_would_be_seen() -> None:
    well = {"temperature_c": 30, "tilt_deg": 3, "battery_mv": 3900}
    steps: list[Step] = [([(100, well | {"temperature_c": 80})] * 2, 1, False)]
    with pytest.MonkeyPatch.context() as patched:
        for rules in (calling, condition):
            patched.setattr(rules, "is_plain", lambda _: True)
        assert decisions(told(steps).entries) == 0
    assert decisions(told(steps).entries) > 0
