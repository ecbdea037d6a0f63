"""What became of a call: verified, withdrawn, or to a person."""

from jemput.decisions import AlertKind, Decision, FlagPickup, MovePickup, OpenPickup, Say
from jemput.entry import Entry
from jemput.pickup import Flag, State
from tests.builders import HOUR_S, Feed, by_hand

FULL = [92] * 7
LOW = [10] * 7


def moves(entries: list[Entry]) -> list[State]:
    return [one.to for entry in entries for one in entry.decisions if isinstance(one, MovePickup)]


def calls(entries: list[Entry]) -> int:
    return sum(isinstance(one, OpenPickup) for entry in entries for one in entry.decisions)


def told(decisions: tuple[Decision, ...]) -> list[AlertKind]:
    return [one.kind for one in decisions if isinstance(one, Say)]


def accepted() -> Feed:
    feed = Feed()
    feed.fill(*FULL)
    feed.act("accept")
    return feed


def test_a_claim_that_the_levels_show_is_verified() -> None:
    feed = accepted()
    feed.act("collect")
    feed.fill(*LOW)
    assert moves(feed.entries) == [State.VERIFIED]
    assert feed.pickup() is None


def test_a_claim_is_verified_once_the_median_follows_and_not_while_it_looks_full() -> None:
    feed = accepted()
    feed.act("collect")
    for _ in range(3):
        feed.hear(10)
        assert feed.bin().level_percent == 92
        assert feed.pickup() is not None
    assert moves([feed.hear(10)]) == [State.VERIFIED]
    assert feed.bin().level_percent == 10


def test_one_seen_empty_before_it_was_claimed_is_verified_though_it_filled_again() -> None:
    feed = accepted()
    feed.fill(*LOW)
    feed.fill(*[70] * 4)
    feed.act("collect")
    assert moves([feed.hear(70)]) == [State.VERIFIED]


def test_two_echoes_from_nowhere_verify_nothing() -> None:
    feed = accepted()
    feed.act("collect")
    feed.fill(10, 10)
    feed.fill(*FULL)
    assert feed.pickup() is not None
    feed.fill(40, 40, 40, 40)
    assert moves(feed.entries) == [State.VERIFIED]


def test_two_echoes_from_nowhere_are_forgotten_and_the_claim_goes_to_a_person() -> None:
    feed = accepted()
    feed.act("collect")
    feed.fill(10, 10)
    feed.fill(*FULL)
    feed.pass_s(12 * HOUR_S)
    pickup = feed.pickup()
    assert pickup is not None
    assert pickup.flag is Flag.CLAIMED_NOT_SEEN


def test_two_echoes_from_nowhere_say_nothing_of_a_later_call() -> None:
    feed = accepted()
    feed.act("collect")
    feed.fill(10, 10)
    feed.act("confirm")
    feed.fill(*FULL)
    feed.act("accept")
    feed.fill(*[50] * 7)
    feed.pass_s(3 * HOUR_S)
    assert moves(feed.entries) == []


def test_what_was_high_before_the_emptying_calls_nobody_after_a_gap() -> None:
    feed = accepted()
    feed.act("collect")
    feed.fill(10, 10)
    feed.act("confirm")
    feed.pass_s(3 * 24 * HOUR_S)
    feed.hear(10)
    assert feed.bin().level_percent == 92
    assert feed.pickup() is None


def test_claimed_and_not_seen_goes_to_a_person_once() -> None:
    feed = accepted()
    feed.act("collect")
    feed.pass_s(12 * HOUR_S - 1)
    assert not any(isinstance(one, FlagPickup) for one in feed.entries[-1].decisions)
    entry = feed.pass_s(1)
    pickup = feed.pickup()
    assert pickup is not None
    assert pickup.flag is Flag.CLAIMED_NOT_SEEN
    assert AlertKind.CLAIMED_NOT_SEEN in told(entry.decisions)
    assert AlertKind.CLAIMED_NOT_SEEN not in told(feed.hear(92).decisions)


def test_seen_and_not_claimed_is_verified_and_the_operator_told() -> None:
    feed = accepted()
    feed.fill(*LOW)
    assert moves(feed.entries) == []
    entry = feed.pass_s(2 * HOUR_S)
    assert moves([entry]) == [State.VERIFIED]
    assert AlertKind.SEEN_NOT_CLAIMED in told(entry.decisions)


def test_emptied_before_anybody_accepted_is_withdrawn_and_both_are_told() -> None:
    feed = Feed()
    feed.fill(*FULL)
    feed.fill(*LOW)
    withdrawn = [entry for entry in feed.entries if moves([entry]) == [State.WITHDRAWN]]
    assert [told(entry.decisions) for entry in withdrawn] == [
        [AlertKind.WITHDRAWN, AlertKind.SEEN_NOT_CLAIMED]
    ]


def test_a_call_by_hand_on_a_low_bin_stands() -> None:
    feed = Feed()
    feed.fill(*LOW)
    feed.take(events=(by_hand(now_s=feed.now_s),))
    feed.fill(*LOW)
    assert feed.pickup() is not None


def test_a_call_by_hand_is_withdrawn_once_an_emptying_is_seen() -> None:
    feed = Feed()
    feed.fill(*[70] * 7)
    feed.take(events=(by_hand(now_s=feed.now_s),))
    feed.fill(*LOW)
    assert moves(feed.entries) == [State.WITHDRAWN]


def test_an_emptying_of_last_week_does_not_verify_a_call_by_hand() -> None:
    feed = Feed()
    feed.fill(*[70] * 7)
    feed.fill(*LOW)
    feed.pass_s(7 * 24 * HOUR_S)
    feed.take(events=(by_hand(now_s=feed.now_s),))
    feed.act("accept")
    feed.fill(*LOW)
    assert moves(feed.entries) == []
    assert feed.pickup() is not None
