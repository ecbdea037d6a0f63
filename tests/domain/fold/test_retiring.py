"""What is retired stays with its history: nothing is open of it, and nobody is told of it."""

import pytest

from jemput import entry as journal
from jemput.changes import Retirable, Retire
from jemput.decisions import (
    OPERATOR,
    AlertKind,
    CloseIncident,
    Decision,
    HandOver,
    IncidentKind,
    MovePickup,
    OpenIncident,
    Say,
)
from jemput.entry import Changed
from jemput.pickup import State
from jemput.registry import Bind, Change, PutBin, PutCollector, Registry
from jemput.rules import retirement
from jemput.things import Bin, Collector
from tests.builders import CADENCE_S, HOUR_S, SHAPE, START_S, Feed, by_hand, town

BINS = ("b1", "b2", "b3", "b4")
BUDI = PutCollector(Collector("budi", "Budi", ("north",)))


def retire(feed: Feed, kind: Retirable, thing: str) -> tuple[Decision, ...]:
    return feed.change(Retire(kind, thing, feed.now_s)).decisions


def said(decisions: tuple[Decision, ...]) -> list[tuple[AlertKind, str]]:
    return [(one.kind, one.recipient) for one in decisions if isinstance(one, Say)]


def called() -> Feed:
    """A town whose bin was called, and its collector told."""
    feed = Feed()
    feed.fill(*[92] * 7)
    assert feed.pickup() is not None
    return feed


@pytest.mark.parametrize("acts", [(), ("alerted",), ("accept",)])
def test_a_retired_bins_pickup_is_withdrawn_and_its_collector_told(
    acts: tuple[journal.ActKind, ...],
) -> None:
    feed = called()
    for one in acts:
        feed.act(one)
    opened = feed.pickup()
    assert opened is not None

    decisions = retire(feed, "bin", "b1")

    moved = MovePickup("b1", opened.id, State.WITHDRAWN, retirement.WITHDRAWN)
    assert decisions[0] == moved
    assert said(decisions) == [(AlertKind.WITHDRAWN, "asep")]
    assert feed.pickup() is None


def test_who_collected_already_is_not_told_to_stay() -> None:
    feed = called()
    feed.act("accept")
    feed.act("collect")

    (moved,) = retire(feed, "bin", "b1")

    assert isinstance(moved, MovePickup)
    assert (moved.to, moved.note) == (State.WITHDRAWN, retirement.COLLECTED)


def test_a_retired_bin_is_not_called_whatever_is_still_heard_of_before() -> None:
    feed = Feed()
    feed.fill(*[92] * 2)
    feed.change(Retire("bin", "b1", feed.now_s + 1))
    for level in [92] * 7:
        feed.say(level, at_s=feed.now_s)

    assert feed.bin().newest is not None
    assert feed.bin().level_percent == 92
    assert feed.pickup() is None


def test_its_device_is_down_from_then_on_and_its_history_stays() -> None:
    feed = Feed()
    feed.fill(20)
    retire(feed, "bin", "b1")
    heard = feed.hear(50)

    registry = feed.fold.state.registry
    assert registry.bin_of("d-b1", feed.now_s) is None
    assert registry.bin_of("d-b1", START_S) == "b1"
    assert [one.bin for one in heard.readings] == [None]
    assert registry.retired_s("bin", "b1") == feed.now_s - CADENCE_S


def test_a_binding_that_was_to_come_comes_no_more() -> None:
    feed = Feed()
    feed.change(Bind("d-new", "b1", feed.now_s + HOUR_S))
    retire(feed, "bin", "b1")

    assert feed.fold.state.registry.bin_of("d-new", feed.now_s + 2 * HOUR_S) is None


def test_a_person_cannot_ask_for_it_at_the_same_time() -> None:
    feed = Feed()
    entry = feed.take(events=(Changed(Retire("bin", "b1", feed.now_s)), by_hand("b1", feed.now_s)))

    assert any(isinstance(one, MovePickup) for one in entry.decisions)
    assert feed.pickup() is None


def test_a_retired_bin_is_never_silent_and_what_was_reported_is_over() -> None:
    feed = Feed(town(BINS))
    for one in BINS:
        feed.say(20, one)
    for _ in range(10):
        feed.now_s += CADENCE_S
        for one in BINS[1:]:
            feed.say(20, one)
    assert feed.bin("b1").silent
    assert feed.bin("b1").incidents == [IncidentKind.SILENCE]

    decisions = retire(feed, "bin", "b1")

    assert decisions == (CloseIncident(IncidentKind.SILENCE, "b1", "coblong"),)
    assert not feed.bin("b1").silent
    later = feed.pass_s(24 * HOUR_S).decisions
    assert "b1" not in {one.scope for one in later if isinstance(one, OpenIncident)}


def test_a_site_is_counted_without_its_retired_bins() -> None:
    feed = Feed(town([*BINS, "b5", "b6"]))
    for one in (*BINS, "b5", "b6"):
        feed.say(20, one)
    for one in (*BINS[1:], "b5", "b6"):
        retire(feed, "bin", one)
    later = feed.pass_s(24 * HOUR_S).decisions

    assert [one.kind for one in later if isinstance(one, OpenIncident)] == [IncidentKind.SILENCE]


def test_put_again_it_is_back_and_silent_only_after_a_while() -> None:
    feed = called()
    retire(feed, "bin", "b1")
    feed.pass_s(24 * HOUR_S)

    back = feed.change(
        PutBin(Bin("b1", "dago", "organic", SHAPE, CADENCE_S)), Bind("d-b1", "b1", feed.now_s)
    )

    assert back.decisions == ()
    assert not feed.bin().silent
    feed.fill(*[92] * 7)
    assert feed.pickup() is not None


def test_what_nobody_accepted_goes_to_the_next_when_its_collector_retires() -> None:
    feed = called()
    feed.change(BUDI)
    opened = feed.pickup()
    assert opened is not None

    decisions = retire(feed, "collector", "asep")

    assert decisions[0] == HandOver("b1", opened.id, "budi")
    assert said(decisions) == [(AlertKind.PICKUP, "budi")]
    moved = feed.pickup()
    assert moved is not None
    assert (moved.id, moved.collector) == (opened.id, "budi")
    assert feed.pass_s(60).decisions == ()


def test_where_nobody_is_next_the_operator_is_told() -> None:
    feed = called()

    decisions = retire(feed, "collector", "asep")

    assert said(decisions) == [(AlertKind.UNSERVED, OPERATOR)]
    assert feed.act("accept").decisions == ()


def test_what_was_accepted_stays_with_who_did() -> None:
    feed = called()
    feed.act("accept")

    assert retire(feed, "collector", "asep") == ()
    pickup = feed.pickup()
    assert pickup is not None
    assert pickup.collector == "asep"


def test_a_retired_collector_is_told_nothing_more_and_called_again_once_back() -> None:
    feed = Feed()
    retire(feed, "collector", "asep")
    feed.fill(*[92] * 7)
    told = said(tuple(one for entry in feed.entries for one in entry.decisions))
    assert told == [(AlertKind.UNSERVED, OPERATOR)]

    feed = Feed()
    retire(feed, "collector", "asep")
    feed.change(PutCollector(Collector("asep", "Asep", ("north",))))
    feed.fill(*[92] * 7)
    told = said(tuple(one for entry in feed.entries for one in entry.decisions))
    assert told == [(AlertKind.PICKUP, "asep")]


def test_every_handing_over_is_an_alert_of_its_own() -> None:
    feed = called()
    feed.change(BUDI)
    retire(feed, "collector", "asep")
    feed.change(PutCollector(Collector("asep", "Asep", ("north",))))
    retire(feed, "collector", "budi")
    feed.change(BUDI)
    retire(feed, "collector", "asep")

    says = [one for entry in feed.entries for one in entry.decisions if isinstance(one, Say)]
    assert [one.recipient for one in says] == ["asep", "budi", "asep", "budi"]
    assert len({one.key for one in says}) == 4


def test_the_operator_who_retired_is_followed_by_the_usual_one() -> None:
    feed = Feed([*town(), PutCollector(Collector(OPERATOR, "Sri", (), channels=("log",)))])
    retire(feed, "collector", OPERATOR)
    retire(feed, "collector", "asep")
    feed.fill(*[92] * 7)

    says = [one for entry in feed.entries for one in entry.decisions if isinstance(one, Say)]
    assert [one.channels for one in says] == [("log", "mqtt")]


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (Retire("site", "coblong", 0), "has 1 halte in use (dago): move or retire them first"),
        (Retire("halte", "dago", 0), "has 4 bins in use (b1, b2, b3, …): move or retire"),
        (Retire("zone", "north", 0), "has 1 collector in use (asep): move or retire them first"),
        (Retire("bin", "b9", 0), "there is no bin 'b9'"),
    ],
)
def test_what_is_in_use_is_not_retired(change: Change, sentence: str) -> None:
    registry = Registry()
    for one in town(BINS):
        assert registry.apply(one) is None

    assert sentence in (registry.apply(change) or "")
    assert registry.retired == {}


def test_from_the_bins_up_everything_retires_and_from_the_site_down_it_is_back() -> None:
    registry = Registry()
    puts = [one for one in town(["b1"]) if not isinstance(one, Bind)]
    things: list[tuple[Retirable, str]] = [
        ("bin", "b1"), ("halte", "dago"), ("site", "coblong"), ("collector", "asep"),
        ("zone", "north"),
    ]  # fmt: skip
    for put in puts:
        registry.apply(put)
    for kind, thing in things:
        assert registry.apply(Retire(kind, thing, 5)) is None
        assert registry.apply(Retire(kind, thing, 6)) == f"{kind} {thing} is retired already"
        assert registry.retired_s(kind, thing) == 5

    assert "site coblong is retired; put it again first" in (registry.apply(puts[1]) or "")
    assert "halte dago is retired" in (registry.apply(puts[4]) or "")
    assert "zone north is retired" in (registry.apply(puts[3]) or "")
    assert "bin b1 is retired" in (registry.apply(Bind("d-b1", "b1", 7)) or "")
    for put in puts:
        assert registry.apply(put) is None
    assert set(registry.retired.values()) == {None}
