"""What if: the same numbers change nothing, others change what they must, and only where asked."""

from typing import Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jemput.entry import ActKind, Link
from jemput.fold.fold import Fold
from jemput.fold.state import GroupState
from jemput.pickup import Reason
from jemput.policy import BadPolicyError, Override
from jemput.what_if import Kind, OtherWorld, Scope, Stretch
from tests.builders import CADENCE_S, HOUR_S, Feed, by_hand, town

BINS = ("b1", "b2")
Happening = Literal["wait", "ask", "other policy", "link"]
Step = tuple[str, int | ActKind | Happening | None]
STEPS = st.lists(
    st.tuples(
        st.sampled_from([*BINS]),
        st.one_of(
            st.integers(0, 100),
            st.none(),
            st.sampled_from(["alerted", "accept", "collect", "fail", "withdraw", "confirm"]),
            st.sampled_from(["wait", "ask", "other policy", "link"]),
        ),
    ),
    max_size=60,
)


def lived(steps: list[Step]) -> Feed:
    """A town in which bins say levels, people act and ask, numbers change, and time passes."""
    feed = Feed(town(BINS))
    for bin_id, step in steps:
        match step:
            case int() | None:
                feed.hear(step, bin_id)
            case "wait":
                feed.pass_s(13 * HOUR_S)
            case "ask":
                feed.take(events=(by_hand(bin_id, feed.now_s),))
            case "other policy":
                feed.policy(key=bin_id, call_percent=66, max_age_h=20)
            case "link":
                feed.take(events=(Link(up=False), Link(up=True)))
            case _ if feed.pickup(bin_id) is not None:
                feed.act(step, bin_id)
    return feed


def stretches(
    feed: Feed, scope: Scope | None = None, *, begin: int = 0, **numbers: int
) -> list[Stretch]:
    """The history from one entry on, under other numbers."""
    fold = Fold(GroupState())
    for entry in feed.entries[:begin]:
        fold.replay(entry)
    world = OtherWorld(fold.state, numbers, scope or Scope())
    for entry in feed.entries[begin:]:
        world.take(entry)
    return world.stretches()


def differing(found: list[Stretch]) -> list[tuple[str, Kind]]:
    """Bins whose first calls differ, and how."""
    return [(one.bin, one.kind) for one in found if one.kind is not Kind.SAME]


@given(STEPS, st.integers(0, 60))
@settings(max_examples=100)
def test_the_same_numbers_change_nothing_from_whatever_entry_on(
    steps: list[Step], begin: int
) -> None:
    found = stretches(lived(steps), begin=begin)

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


def test_the_emptyings_that_happened_divide_both_worlds() -> None:
    feed = Feed()
    feed.policy(fill_permille_per_day=100_000)
    for _ in range(2):
        feed.fill(*range(10, 95, 3), *[90] * 40, *[40] * 8)
    feed.fill(*range(40, 95, 3))

    found = stretches(feed, fill_permille_per_day=250)

    assert sum(len(one.emptyings) for one in feed.entries) == 2
    assert [len(one.was) for one in found] == [1, 1, 1]
    assert [len(one.would) for one in found] == [1, 1, 1]


def test_what_people_did_moves_no_pickup_of_the_other_world() -> None:
    feed = Feed()
    feed.fill(*range(0, 90, 3))
    feed.act("withdraw")
    feed.fill(*[90] * (25 * HOUR_S // CADENCE_S))

    lower, same = stretches(feed, call_percent=70), stretches(feed)

    assert [len(one.was) for one in lower] == [2]
    assert [len(one.would) for one in lower] == [1]
    assert [len(one.would) for one in same] == [2]


def test_a_limit_on_age_finds_a_bin_that_says_nothing_more() -> None:
    feed = Feed()
    feed.fill(10, 10, 10)
    feed.pass_s(30 * HOUR_S)
    feed.pass_s(30 * HOUR_S)
    begin = len(feed.entries)
    feed.pass_s(HOUR_S)

    found = stretches(feed, begin=begin, max_age_h=24)

    assert differing(found) == [("b1", Kind.ADDED)]
    assert found[0].would[0].reason is Reason.AGE


def test_a_pickup_that_was_open_before_is_open_in_both() -> None:
    feed = Feed()
    feed.fill(*range(0, 90, 3))
    begin = len(feed.entries)
    feed.fill(90, 90, 90)
    feed.act("accept")
    feed.act("fail")
    feed.pass_s(5 * HOUR_S)
    feed.fill(90)

    found = stretches(feed, begin=begin, call_percent=60)

    assert [(one.was, one.kind) for one in found] == [(found[0].would, Kind.SAME)]


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
