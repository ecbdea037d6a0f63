"""No pickup stays open for ever: what was accepted, or claimed, and came to nothing ends too."""

import pytest

from jemput.decisions import AlertKind, FlagPickup, MovePickup, Say
from jemput.entry import ActKind, ClockTrust, Entry
from jemput.pickup import Flag, State
from tests.builders import HOUR_S, Feed

FULL = [92] * 7
FLAGGED_AFTER_H = 12
ENDS_AFTER_H = 12 + 24
CLAIMS: list[tuple[tuple[ActKind, ...], Flag, AlertKind]] = [
    (("accept",), Flag.ACCEPTED_NOT_COLLECTED, AlertKind.ACCEPTED_NOT_COLLECTED),
    (("accept", "collect"), Flag.CLAIMED_NOT_SEEN, AlertKind.CLAIMED_NOT_SEEN),
]


def claimed(acts: tuple[ActKind, ...]) -> Feed:
    """A full bin whose collector did something, and then nothing more."""
    feed = Feed()
    feed.fill(*FULL)
    for kind in acts:
        feed.act(kind)
    return feed


def told(entry: Entry) -> list[tuple[AlertKind, str]]:
    return [(one.kind, one.recipient) for one in entry.decisions if isinstance(one, Say)]


def ends(entry: Entry) -> list[State]:
    return [one.to for one in entry.decisions if isinstance(one, MovePickup)]


def tick_at_due(feed: Feed) -> Entry:
    """Nothing is heard until the fold itself says that something is due."""
    feed.now_s = -(-feed.fold.next_due_ms() // 1000)
    return feed.take()


@pytest.mark.parametrize(("acts", "flag", "alert"), CLAIMS)
def test_the_operator_is_told_once_and_it_stays_open_a_while(
    acts: tuple[ActKind, ...], flag: Flag, alert: AlertKind
) -> None:
    feed = claimed(acts)
    assert not any(
        isinstance(one, FlagPickup) for one in feed.pass_s(FLAGGED_AFTER_H * HOUR_S - 1).decisions
    )
    entry = feed.pass_s(1)
    pickup = feed.pickup()
    assert pickup is not None
    assert pickup.flag is flag
    assert (alert, "operator") in told(entry)
    assert (alert, "operator") not in told(feed.hear(92))


@pytest.mark.parametrize(("acts", "flag", "alert"), CLAIMS)
def test_it_ends_and_a_bin_that_is_full_is_called_again(
    acts: tuple[ActKind, ...], flag: Flag, alert: AlertKind
) -> None:
    feed = claimed(acts)
    feed.pass_s(FLAGGED_AFTER_H * HOUR_S)
    assert ends(feed.pass_s(24 * HOUR_S - 1)) == []
    entry = feed.pass_s(1)
    assert ends(entry) == [State.EXPIRED]
    assert (AlertKind.UNFINISHED, "operator") in told(entry)
    assert feed.pickup() is None
    assert (AlertKind.PICKUP, "asep") in told(feed.hear(92)), (flag, alert)


@pytest.mark.parametrize(("acts", "flag", "alert"), CLAIMS)
def test_the_fold_asks_for_time_itself(
    acts: tuple[ActKind, ...], flag: Flag, alert: AlertKind
) -> None:
    feed = claimed(acts)
    feed.policy(silence_cadences=1000)
    found = [tick_at_due(feed) for _ in range(2)]
    assert [one.flag for one in found[0].decisions if isinstance(one, FlagPickup)] == [flag]
    assert [told(one)[0][0] for one in found] == [alert, AlertKind.UNFINISHED]


def test_after_a_long_stop_the_end_alone_is_told() -> None:
    feed = claimed(("accept",))
    feed.take(events=(ClockTrust(trusted=False),))
    feed.pass_s(2 * ENDS_AFTER_H * HOUR_S)
    entry = feed.take(events=(ClockTrust(trusted=True),))
    assert ends(entry) == [State.EXPIRED]
    assert [kind for kind, _ in told(entry) if kind is not AlertKind.INCIDENT] == [
        AlertKind.UNFINISHED
    ]


def test_collected_late_is_still_collected() -> None:
    feed = claimed(("accept",))
    feed.pass_s((ENDS_AFTER_H - 1) * HOUR_S)
    feed.act("collect")
    feed.fill(*[10] * 7)
    assert [one for entry in feed.entries for one in ends(entry)] == [State.VERIFIED]


def test_one_that_stood_too_long_is_called_again_though_nothing_is_heard_of_it() -> None:
    feed = Feed()
    feed.policy(max_age_h=5, silence_cadences=1000)
    feed.hear(10)
    feed.pass_s(5 * HOUR_S)
    feed.act("accept")
    feed.pass_s(FLAGGED_AFTER_H * HOUR_S)
    assert ends(feed.pass_s(24 * HOUR_S)) == [State.EXPIRED]
    expired_s = feed.now_s
    assert (AlertKind.PICKUP, "asep") in told(tick_at_due(feed))
    assert feed.now_s == expired_s + 1
