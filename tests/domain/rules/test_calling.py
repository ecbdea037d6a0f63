"""When a truck is called: fullness, age, a person who asks; and when it is not."""

import pytest

from jemput.decisions import AlertKind, Decision, OpenPickup, Say
from jemput.entry import Entry
from jemput.fold.admission import Heard
from jemput.pickup import Reason
from jemput.registry import PutCollector
from jemput.things import Collector
from tests.builders import CADENCE_S, HOUR_S, Feed, by_hand, message, town, wire

FULL = [92] * 7
LOW = [10] * 7


def opened(entry: Entry) -> list[OpenPickup]:
    return [one for one in entry.decisions if isinstance(one, OpenPickup)]


def said(decisions: tuple[Decision, ...]) -> list[tuple[AlertKind, str]]:
    return [(one.kind, one.recipient) for one in decisions if isinstance(one, Say)]


def calls(feed: Feed) -> int:
    return sum(len(opened(entry)) for entry in feed.entries)


def confirm(feed: Feed) -> None:
    """Somebody collects, and a person says that it is so."""
    feed.act("accept")
    feed.act("collect")
    feed.act("confirm")


def test_a_full_bin_is_called_once_and_its_collector_told() -> None:
    feed = Feed()
    entry = feed.hear(92)
    (call,) = opened(entry)
    assert call.pickup.reason is Reason.FULLNESS
    assert call.pickup.why.numbers["level_percent"] == 92
    assert said(entry.decisions) == [(AlertKind.PICKUP, "asep")]
    feed.fill(*FULL)
    assert calls(feed) == 1


@pytest.mark.parametrize(("level", "called"), [(74, False), (75, True), (100, True)])
def test_the_threshold_itself_calls(level: int, called: bool) -> None:  # noqa: FBT001 - a table
    feed = Feed()
    feed.fill(*[level] * 7)
    assert (feed.pickup() is not None) is called


def test_one_spike_among_low_levels_calls_nobody() -> None:
    feed = Feed()
    feed.fill(40, 40, 40, 100, 40, 40, 40)
    assert calls(feed) == 0


def after_a_silence(*levels: int) -> Feed:
    """What a device kept for ten hours, all said in one message; the newest level is of now."""
    feed = Feed()
    feed.now_s += 10 * HOUR_S
    kept = [
        wire(seq, feed.now_s - 10 * HOUR_S + seq * CADENCE_S, fill)
        for seq, fill in enumerate(levels[:-1], 1)
    ]
    feed.take(Heard("d-b1", message(*kept, wire(len(levels), feed.now_s, levels[-1]))))
    return feed


def test_old_news_of_a_full_bin_calls_only_when_a_fresh_level_confirms_it() -> None:
    feed = after_a_silence(95, 95, 95, 95, 20)
    assert feed.fold.state.bins["b1"].level_percent == 95
    assert calls(feed) == 0
    assert calls(after_a_silence(95, 95, 95, 95, 95)) == 1


def test_one_low_echo_among_fresh_full_ones_calls_all_the_same() -> None:
    feed = Feed()
    feed.fill(*[70] * 7, 90, 90, 90, 20, 90)
    assert calls(feed) == 1


def test_a_level_between_rearm_and_call_keeps_the_call_that_stands() -> None:
    feed = Feed()
    feed.fill(*FULL)
    feed.fill(*[60] * 7)
    assert feed.pickup() is not None


def test_withdrawn_by_the_fold_may_be_called_again_at_once() -> None:
    feed = Feed()
    feed.fill(*FULL)
    feed.fill(*LOW)
    assert feed.pickup() is None
    feed.fill(*FULL)
    assert calls(feed) == 2


def test_a_stale_level_calls_only_once_a_fresh_reading_confirms_it() -> None:
    feed = Feed()
    feed.now_s += 10 * CADENCE_S
    feed.say(92, at_s=feed.now_s - 2 * CADENCE_S - 1)
    assert feed.pickup() is None
    feed.say(92)
    assert feed.pickup() is not None


def test_failed_is_called_again_only_after_the_delay() -> None:
    feed = Feed()
    feed.fill(*FULL)
    feed.act("accept")
    feed.act("fail")
    failed_s = feed.now_s
    while feed.now_s + CADENCE_S < failed_s + 4 * HOUR_S:
        feed.hear(92)
        assert feed.pickup() is None
    feed.hear(92)
    assert feed.pickup() is not None


def test_withdrawn_by_an_operator_waits_a_day() -> None:
    feed = Feed()
    feed.fill(*FULL)
    feed.act("withdraw")
    feed.pass_s(24 * HOUR_S - 2 * CADENCE_S)
    feed.hear(92)
    assert feed.pickup() is None
    feed.hear(92)
    assert feed.pickup() is not None


def test_withdrawn_by_an_operator_or_below_rearm_in_between() -> None:
    feed = Feed()
    feed.fill(*FULL)
    feed.act("withdraw")
    feed.fill(*LOW)
    feed.fill(*FULL)
    assert calls(feed) == 2


def test_expired_tells_the_operator_and_waits_a_day() -> None:
    feed = Feed()
    feed.hear(92)
    entry = feed.pass_s(24 * HOUR_S)
    assert (AlertKind.EXPIRED, "operator") in said(entry.decisions)
    assert feed.pickup() is None
    feed.hear(92)
    assert feed.pickup() is None
    feed.pass_s(24 * HOUR_S)
    feed.hear(92)
    assert feed.pickup() is not None


def test_confirmed_by_a_person_and_full_all_the_same_is_called_again() -> None:
    feed = Feed()
    feed.fill(*FULL)
    feed.now_s += 1
    confirm(feed)
    assert feed.pickup() is None
    feed.hear(92)
    assert feed.pickup() is not None


def test_confirmed_by_a_person_before_the_median_follows_calls_nobody() -> None:
    feed = Feed()
    feed.fill(*FULL)
    feed.now_s += 1
    confirm(feed)
    feed.fill(*LOW)
    assert calls(feed) == 1


def test_age_calls_whatever_the_level() -> None:
    feed = Feed()
    feed.policy(max_age_h=5)
    feed.hear(10)
    feed.pass_s(5 * HOUR_S - 1)
    assert feed.pickup() is None
    entry = feed.pass_s(1)
    assert [one.pickup.reason for one in opened(entry)] == [Reason.AGE]


def test_age_starts_anew_where_a_person_confirmed_the_emptying() -> None:
    feed = Feed()
    feed.policy(max_age_h=5)
    feed.hear(10)
    feed.pass_s(5 * HOUR_S)
    confirm(feed)
    feed.hear(10)
    assert feed.pickup() is None
    feed.pass_s(5 * HOUR_S)
    assert calls(feed) == 2


def test_a_pickup_by_hand_is_announced_once() -> None:
    feed = Feed()
    feed.hear(10)
    entry = feed.take(events=(by_hand(now_s=feed.now_s),))
    assert said(entry.decisions) == [(AlertKind.PICKUP, "asep")]
    assert said(feed.hear(10).decisions) == []


def test_without_a_collector_the_operator_is_told() -> None:
    feed = Feed([*town(), PutCollector(Collector("asep", "Asep", ("north",), ("glass",)))])
    assert said(feed.hear(92).decisions) == [(AlertKind.UNSERVED, "operator")]
