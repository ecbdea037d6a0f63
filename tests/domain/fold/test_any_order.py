"""Whatever the order in which readings come, they end in the same levels and the same need."""

from hypothesis import given, settings
from hypothesis import strategies as st

from jemput.decisions import MovePickup, OpenPickup
from jemput.filtering import window
from jemput.fold.admission import Heard
from jemput.fold.judging import view_of
from jemput.pickup import OPEN
from jemput.rules.calling import is_confirmed, is_full_since_emptied
from tests.builders import CADENCE_S, START_S, Feed, message, wire

LEVELS = st.one_of(st.none(), st.sampled_from([0, 40, 60, 90, 100]))
"""Faults; below re-arm, between re-arm and call, and over it."""


def heard(seq: int, at_s: int, fill: int | None) -> Heard:
    return Heard("d-b1", message(wire(seq, at_s, fill)))


def told(levels: list[int | None], at_once: int = 1, first_kept: int = 1) -> list[Heard]:
    """One reading a cadence, as a device would say them: several in a message, some given up."""
    readings = [wire(n + 1, START_S + n * CADENCE_S, fill) for n, fill in enumerate(levels)]
    return [
        Heard("d-b1", message(*readings[i : i + at_once], kept=((1, first_kept),)))
        for i in range(0, len(readings), at_once)
    ]


MESSAGES = st.builds(
    told, st.lists(LEVELS, min_size=1, max_size=14), st.integers(1, 4), st.integers(1, 4)
)


def fed(readings: list[Heard]) -> Feed:
    """All of them within a minute after the newest: those of the last two cadences are fresh."""
    feed = Feed()
    feed.now_s = max(one.at for said in readings for one in said.message.readings) + CADENCE_S
    for one in readings:
        feed.now_s += 1
        feed.take(one)
    assert_one_open_at_most(feed)
    return feed


def assert_one_open_at_most(feed: Feed) -> None:
    """Of all that was ever opened and not moved to an end, at most one."""
    opened: str | None = None
    for decision in (one for entry in feed.entries for one in entry.decisions):
        if isinstance(decision, OpenPickup):
            assert opened is None
            opened = decision.pickup.id
        elif isinstance(decision, MovePickup):
            assert opened == decision.pickup
            opened = None


def is_called(feed: Feed) -> bool:
    pickup = feed.pickup()
    return pickup is not None and pickup.state in OPEN


def need(feed: Feed) -> bool | None:
    """What the levels as they stand say; None where they leave it to what was before.

    That is between re-arm and call, while the median has not followed an emptying, and while
    most of what is fresh says otherwise.
    """
    level, view = feed.bin().level_percent, view_of(feed.fold.state, "b1", 0)
    if level is None or level < view.policy.rearm_percent:
        return False
    is_full = level >= view.policy.call_percent and is_confirmed(view)
    return True if is_full and is_full_since_emptied(view, window(view.policy, CADENCE_S)) else None


@settings(max_examples=300)
@given(MESSAGES, LEVELS, st.data())
def test_the_same_levels_and_where_they_tell_the_same_need(
    said: list[Heard], fresh: int | None, data: st.DataObject
) -> None:
    feeds = [fed(said), fed(data.draw(st.permutations(said)))]
    for feed in feeds:
        feed.take(heard(99, feed.now_s, fresh))
    assert feeds[0].bin().level_percent == feeds[1].bin().level_percent
    assert need(feeds[0]) == need(feeds[1])
    for feed in feeds:
        if need(feed) is None:
            assert not any(isinstance(one, OpenPickup) for one in feed.entries[-1].decisions)
        elif fresh is not None:
            assert is_called(feed) == need(feed)


def test_while_the_median_follows_a_call_stands_too_and_none_is_made() -> None:
    levels: list[int | None] = [90, 90, 90, 90, 0, 0]
    in_order, late = told(levels), told(levels)
    late.append(late.pop(-2))
    feeds = [fed(in_order), fed(late)]
    for feed in feeds:
        feed.take(heard(99, feed.now_s, 90))
        assert feed.bin().level_percent == 90
    assert [is_called(feed) for feed in feeds] == [False, True]


def test_in_the_band_a_call_stands_and_none_is_made_so_there_the_order_tells() -> None:
    levels: list[int | None] = [90, 90, 60, 60, 60, 60]
    in_order = fed(told(levels))
    feed = Feed()
    for one in told(levels):
        feed.now_s += CADENCE_S
        feed.take(one)
    for each in (in_order, feed):
        each.take(heard(99, each.now_s, 60))
        assert each.bin().level_percent == 60
    assert is_called(feed)
    assert not is_called(in_order)
