"""What if: the same numbers change nothing, others change what they must, and only where asked."""

from typing import Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jemput.entry import ActKind
from jemput.fold.state import GroupState
from jemput.policy import BadPolicyError, Override
from jemput.what_if import Kind, OtherWorld, Scope, Stretch
from tests.builders import CADENCE_S, Feed, town

BINS = ("b1", "b2")
Step = tuple[str, int | ActKind | Literal["wait"] | None]
STEPS = st.lists(
    st.tuples(
        st.sampled_from([*BINS]),
        st.one_of(
            st.integers(0, 100),
            st.none(),
            st.sampled_from(["accept", "collect", "fail", "withdraw", "wait"]),
        ),
    ),
    max_size=60,
)


def lived(steps: list[Step]) -> Feed:
    """A town in which bins say levels, people act, and time passes."""
    feed = Feed(town(BINS))
    for bin_id, step in steps:
        if step == "wait":
            feed.pass_s(13 * 3600)
        elif isinstance(step, str):
            if feed.pickup(bin_id) is not None:
                feed.act(step, bin_id)
        else:
            feed.hear(step, bin_id)
    return feed


def stretches(feed: Feed, scope: Scope | None = None, **numbers: int) -> list[Stretch]:
    """The whole history under other numbers."""
    world = OtherWorld(GroupState(), numbers, scope or Scope())
    for entry in feed.entries:
        world.take(entry)
    return world.stretches()


def differing(found: list[Stretch]) -> list[tuple[str, Kind]]:
    """Bins whose first calls differ, and how."""
    return [(one.bin, one.kind) for one in found if one.kind is not Kind.SAME]


@given(STEPS)
@settings(max_examples=60)
def test_the_same_numbers_change_nothing(steps: list[Step]) -> None:
    found = stretches(lived(steps), call_percent=75, rearm_percent=55)

    assert all(one.was == one.would for one in found)


@given(st.lists(st.integers(0, 12), min_size=5, max_size=40), st.integers(56, 75))
@settings(max_examples=60)
def test_a_lower_threshold_never_calls_later_while_a_bin_fills(
    rises: list[int], threshold: int
) -> None:
    level, levels = 0, []
    for rise in rises:
        level = min(100, level + rise)
        levels.append(level)
    feed = Feed()
    feed.fill(*levels)

    kinds = {one.kind for one in stretches(feed, call_percent=threshold)}

    assert kinds <= {Kind.SAME, Kind.EARLIER, Kind.ADDED}


def test_a_lower_threshold_calls_earlier_and_a_higher_one_later_or_not_at_all() -> None:
    feed = Feed()
    feed.fill(*range(0, 100, 3))

    lower, higher, highest = (
        stretches(feed, call_percent=call, rearm_percent=40) for call in (60, 85, 100)
    )

    assert differing(lower) == [("b1", Kind.EARLIER)]
    assert differing(higher) == [("b1", Kind.LATER)]
    assert differing(highest) == [("b1", Kind.DROPPED)]
    apart_s = (lower[0].was[0].at_ms - lower[0].would[0].at_ms) / 1000
    assert apart_s == pytest.approx(5 * CADENCE_S, abs=CADENCE_S)


def test_each_emptying_begins_a_stretch_of_its_own() -> None:
    feed = Feed()
    for _ in range(2):
        feed.fill(*range(0, 90, 3))
        feed.act("accept")
        feed.act("collect")
        feed.pass_s(7 * 3600)
        feed.fill(3, 3, 3)

    found = stretches(feed, call_percent=60, rearm_percent=40)

    assert differing(found) == [("b1", Kind.EARLIER)] * 2


def test_other_numbers_hold_only_where_they_are_asked_for() -> None:
    feed = Feed(town(BINS))
    for level in range(0, 70, 3):
        feed.hear(level, "b1")
        feed.say(level, "b2")

    everywhere = stretches(feed, call_percent=60)
    there = stretches(feed, Scope(bin="b2"), call_percent=60)
    nowhere = stretches(feed, Scope(waste="glass"), call_percent=60)

    assert differing(everywhere) == [("b1", Kind.ADDED), ("b2", Kind.ADDED)]
    assert differing(there) == [("b2", Kind.ADDED)]
    assert differing(nowhere) == []


def test_they_outrank_what_a_bin_overrides_also_later() -> None:
    feed = Feed()
    feed.policy(call_percent=90)
    feed.fill(*range(0, 86, 3))

    assert differing(stretches(feed, call_percent=75)) == [("b1", Kind.ADDED)]


@pytest.mark.parametrize(
    ("numbers", "said"),
    [({"call_percent": 50}, "below call_percent"), ({"treshold": 50}, "no threshold is called")],
)
def test_numbers_that_no_bin_can_have_are_refused(numbers: Override, said: str) -> None:
    with pytest.raises(BadPolicyError, match=said):
        OtherWorld(GroupState(), numbers, Scope())
