"""The fold is total: what does not fit changes nothing, and stops nobody."""

from typing import Any

import pytest

from jemput.decisions import OpenPickup
from jemput.entry import Act, ActKind, Changed
from jemput.fold.admission import Heard, Poison
from jemput.fold.fold import Fold, OutOfOrderError
from jemput.fold.state import dump, load
from jemput.reading import Clock, TimeSource
from jemput.registry import Bind, Change, PutBin, PutHalte, PutPolicy
from jemput.things import Bin, Halte
from tests.builders import CADENCE_S, SHAPE, Feed, by_hand, message, town, wire

REFUSED: list[Change] = [
    PutBin(Bin("b9", "nowhere", "organic", SHAPE)),
    PutHalte(Halte("h9", "nowhere", "Nowhere", 0, 0)),
    Bind("d-b9", "b9", 0),
    PutPolicy("bin", "b1", {"call_percent": 10}),
    PutPolicy("bin", "b1", {"no_such": 10}),
    PutPolicy("bin", "b1", {"fill_permille_per_day": 0}),
    PutPolicy("bin", "b1", {"fresh_cadences": 0}),
]


@pytest.mark.parametrize("change", REFUSED)
def test_a_change_that_cannot_be_taken_changes_nothing(change: Change) -> None:
    feed, other = Feed(), Feed()
    feed.change(change)
    other.take()
    assert dump(feed.fold.state) == dump(other.fold.state)
    assert feed.fill(*[92] * 7).readings


def test_overrides_that_clash_only_together_leave_the_nearer_one_out() -> None:
    feed = Feed()
    feed.policy("bin", "b1", rearm_percent=70)
    feed.policy("site", "coblong", call_percent=60)
    feed.fill(*[65] * 7)
    assert feed.pickup() is not None


def test_a_policy_holds_from_its_entry_on() -> None:
    feed = Feed()
    feed.fill(*[60] * 7)
    feed.policy(call_percent=58)
    assert feed.pickup() is None
    feed.hear(60)
    assert feed.pickup() is not None


@pytest.mark.parametrize("kind", ["alerted", "accept", "collect", "fail", "withdraw", "confirm"])
@pytest.mark.parametrize("bin_id", ["b1", "b9"])
def test_an_act_on_what_is_not_open_changes_nothing(kind: ActKind, bin_id: str) -> None:
    feed, other = Feed(), Feed()
    feed.take(events=(Act(kind, "x", bin_id, "asep", 0),))
    other.take()
    assert dump(feed.fold.state) == dump(other.fold.state)


def test_a_second_call_by_hand_leaves_the_first() -> None:
    feed = Feed()
    feed.fill(*[92] * 7)
    first = feed.pickup()
    feed.take(events=(by_hand(),))
    assert feed.pickup() == first


@pytest.mark.parametrize("clock", [{"clock": Clock.NONE}, {"at_s": 0}, {"ahead_s": 301}])
def test_a_doubtful_clock_costs_no_reading(clock: dict[str, Any]) -> None:
    feed = Feed()
    fields = dict(clock)
    if "ahead_s" in fields:
        fields["at_s"] = feed.now_s + CADENCE_S + fields.pop("ahead_s")
    (reading,) = feed.hear(92, **fields).readings
    assert (reading.at_s, reading.time_source) == (feed.now_s, TimeSource.ARRIVAL)


def test_readings_of_an_unbound_device_are_kept_and_attributed_once_bound() -> None:
    feed = Feed(town()[:-1])
    assert feed.hear(92).readings[0].bin is None
    entry = feed.take(events=(Changed(Bind("d-b1", "b1", 0)),))
    assert [(one.bin, one.fill_percent) for one in entry.readings] == [("b1", 92)]
    assert any(isinstance(one, OpenPickup) for one in entry.decisions)


def test_a_kept_reading_belongs_to_the_bin_of_its_time() -> None:
    feed = Feed(town(("b1", "b2")))
    moved_s = feed.now_s + CADENCE_S
    feed.now_s = moved_s + CADENCE_S
    feed.change(Bind("d-b1", "b2", moved_s))
    old, new = wire(1, moved_s - 1), wire(2, moved_s)
    entry = feed.take(Heard("d-b1", message(old, new)))
    assert [one.bin for one in entry.readings] == ["b1", "b2"]
    assert feed.fold.state.registry.bin_of("d-b2", moved_s) is None


def test_poison_is_settled_and_not_asked_for_again() -> None:
    feed = Feed()
    feed.take(poison=(Poison("t", b"", "invalid", "", "d-b1", ((1, 1),)),))
    feed.take(Heard("d-b1", message(seq=2, at_s=feed.now_s)))
    assert feed.fold.state.devices["d-b1"].upto() == [(1, 2)]


def test_known_loss_is_told_once() -> None:
    feed = Feed()
    one = Heard("d-b1", message(wire(5, feed.now_s), kept=((1, 5),)))
    assert [(loss.first, loss.last) for loss in feed.take(one).losses] == [(1, 4)]
    assert feed.take(one).losses == ()
    assert feed.fold.state.known_loss == 4


def test_one_that_comes_after_it_was_given_up_is_kept_and_no_longer_lost() -> None:
    feed = Feed()
    feed.take(Heard("d-b1", message(wire(5, feed.now_s), kept=((1, 5),))))
    late = Heard("d-b1", message(wire(3, feed.now_s - 2 * CADENCE_S, 40)))
    (reading,) = feed.take(late).readings
    assert (reading.seq, reading.bin, reading.fill_percent) == (3, "b1", 40)
    assert feed.fold.state.known_loss == 3
    assert feed.take(late).intake.duplicates == 1
    assert feed.fold.state.devices["d-b1"].upto() == [(1, 5)]


def test_one_that_was_given_up_and_is_poison_is_no_longer_lost_either() -> None:
    feed = Feed()
    feed.take(Heard("d-b1", message(wire(5, feed.now_s), kept=((1, 5),))))
    feed.take(poison=(Poison("t", b"", "invalid", "", "d-b1", ((1, 3),)),))
    assert feed.fold.state.known_loss == 3


def test_a_hole_in_the_journal_is_not_passed_over() -> None:
    feed = Feed()
    with pytest.raises(OutOfOrderError, match="entry 2 does not follow entry 0"):
        Fold().replay(feed.entries[1])


def test_a_snapshot_of_another_version_is_refused() -> None:
    blob = dump(Feed().fold.state).replace(b"\x92\x01", b"\x92\x02", 1)
    with pytest.raises(ValueError, match="state version 2"):
        load(blob)


def test_bins_looked_at_again_are_marked_for_the_checkpoint() -> None:
    bins = ("b1", "b2", "b3", "b4", "b5")
    feed = Feed(town(bins))
    feed.pass_s(10 * CADENCE_S)
    for one in bins[:3]:
        feed.say(bin_id=one)
    feed.fold.touched_bins.clear()
    feed.say(bin_id=bins[3])
    assert feed.fold.touched_bins == {"b4", "b5"}
