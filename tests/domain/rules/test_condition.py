"""Battery, tilt and heat, each confirmed by two; silence with its grace; silent sites."""

from typing import Any

import pytest

from jemput.decisions import OPERATOR, CloseIncident, IncidentKind, OpenIncident, Say
from jemput.entry import ClockTrust, Entry, Link
from jemput.registry import PutCollector
from jemput.things import Collector, Language
from tests.builders import CADENCE_S, Feed, town

CASES = [
    (IncidentKind.BATTERY, {"battery_mv": 3300}, {"battery_mv": 3301}),
    (IncidentKind.TILT, {"tilt_deg": 45}, {"tilt_deg": 44}),
    (IncidentKind.HEAT, {"temperature_c": 70}, {"temperature_c": 69}),
]
SILENT_S = 4 * CADENCE_S
REPORTED_S = 5 * CADENCE_S
FIVE = ("b1", "b2", "b3", "b4", "b5")


def opened(*entries: Entry) -> list[tuple[IncidentKind, str]]:
    found = [one for entry in entries for one in entry.decisions]
    return [(one.kind, one.scope) for one in found if isinstance(one, OpenIncident)]


def closed(*entries: Entry) -> list[tuple[IncidentKind, str]]:
    found = [one for entry in entries for one in entry.decisions]
    return [(one.kind, one.scope) for one in found if isinstance(one, CloseIncident)]


@pytest.mark.parametrize(("kind", "wrong", "right"), CASES)
def test_two_in_a_row_open_and_two_close(
    kind: IncidentKind, wrong: dict[str, Any], right: dict[str, Any]
) -> None:
    feed = Feed()
    assert opened(feed.hear(50, **wrong)) == []
    assert opened(feed.hear(50, **wrong)) == [(kind, "b1")]
    assert opened(feed.hear(50, **wrong)) == []
    assert closed(feed.hear(50, **right)) == []
    assert closed(feed.hear(50, **right)) == [(kind, "b1")]


@pytest.mark.parametrize(("kind", "wrong", "right"), CASES)
def test_one_alone_says_nothing(
    kind: IncidentKind, wrong: dict[str, Any], right: dict[str, Any]
) -> None:
    feed = Feed()
    for fields in (wrong, right, wrong, right):
        feed.hear(50, **fields)
    assert (kind, "b1") not in opened(*feed.entries)


def test_a_reading_that_does_not_tell_is_passed_over() -> None:
    feed = Feed()
    feed.hear(50, temperature_c=80)
    feed.hear(50)
    assert opened(feed.hear(50, temperature_c=80)) == [(IncidentKind.HEAT, "b1")]


def test_silence_is_reported_after_its_grace_once_and_ends_when_heard() -> None:
    feed = Feed()
    feed.hear()
    assert opened(feed.pass_s(REPORTED_S - 1)) == []
    assert feed.bin().silent
    assert opened(feed.pass_s(1)) == [(IncidentKind.SILENCE, "b1")]
    assert opened(feed.pass_s(REPORTED_S)) == []
    assert closed(feed.say()) == [(IncidentKind.SILENCE, "b1")]


def test_only_time_spent_listening_counts() -> None:
    feed = Feed()
    feed.hear()
    feed.take(events=(Link(up=False),))
    feed.pass_s(10 * REPORTED_S)
    feed.take(events=(Link(up=True),))
    feed.pass_s(10)
    assert opened(feed.pass_s(REPORTED_S - 11)) == []
    assert opened(feed.pass_s(1)) == [(IncidentKind.SILENCE, "b1")]


def test_nobody_is_silent_while_the_clock_is_in_doubt() -> None:
    feed = Feed()
    feed.hear()
    feed.take(events=(ClockTrust(trusted=False),))
    assert opened(feed.pass_s(REPORTED_S)) == []
    assert opened(feed.take(events=(ClockTrust(trusted=True),))) == [(IncidentKind.SILENCE, "b1")]


def test_a_clock_that_jumps_ahead_makes_nobody_silent() -> None:
    feed = Feed()
    feed.hear()
    feed.pass_s(REPORTED_S - 20)
    feed.take(events=(ClockTrust(trusted=False),))
    feed.now_s += 86_400
    feed.take(events=(ClockTrust(trusted=True, moved_ms=86_400_000),))
    assert not feed.fold.state.rules_of_time_hold(), "what waits for us is heard first"
    assert opened(feed.pass_s(19)) == []
    assert opened(feed.pass_s(1)) == [(IncidentKind.SILENCE, "b1")]


def test_a_jump_of_a_clock_while_nobody_listened_takes_nothing_away() -> None:
    feed = Feed()
    feed.hear()
    feed.pass_s(100)
    feed.take(events=(Link(up=False),))
    listened_ms = feed.fold.state.listening.total_ms
    feed.now_s += 3600
    feed.take(events=(ClockTrust(trusted=True, moved_ms=3_600_000),))
    assert feed.fold.state.listening.total_ms == listened_ms


def test_a_silent_site_is_one_incident_and_what_stays_silent_is_told_after_it() -> None:
    feed = Feed(town(FIVE))
    feed.now_s += CADENCE_S
    for one in FIVE:
        feed.say(bin_id=one)
    feed.pass_s(SILENT_S)
    feed.pass_s(REPORTED_S)
    assert opened(*feed.entries) == [(IncidentKind.SITE_SILENCE, "coblong")]
    for one in FIVE[:4]:
        feed.say(bin_id=one)
    assert closed(feed.entries[-1]) == [(IncidentKind.SITE_SILENCE, "coblong")]
    feed.pass_s(1)
    assert opened(*feed.entries)[1:] == [(IncidentKind.SILENCE, "b5")]


def test_a_site_found_silent_all_at_once_is_still_one_incident() -> None:
    feed = Feed(town(FIVE))
    feed.pass_s(10 * REPORTED_S)
    assert opened(*feed.entries) == [(IncidentKind.SITE_SILENCE, "coblong")]


def test_rules_of_time_wait_until_the_backlog_is_drained() -> None:
    feed = Feed()
    feed.policy(silence_cadences=1, silence_grace_cadences=0)
    feed.take(events=(Link(up=False),))
    feed.take(events=(Link(up=True),))
    for _ in range(10):
        feed.now_s += 9
        feed.say(at_s=feed.now_s - 1000)
        assert not feed.fold.state.rules_of_time_hold()
    feed.pass_s(9)
    assert not feed.fold.state.rules_of_time_hold()
    feed.pass_s(1)
    assert feed.fold.state.rules_of_time_hold()


def test_the_backlog_is_waited_for_no_longer_than_a_quarter_of_an_hour() -> None:
    feed = Feed()
    feed.take(events=(Link(up=False),))
    feed.take(events=(Link(up=True),))
    for _ in range(99):
        feed.now_s += 9
        feed.say(at_s=feed.now_s - 1000)
    assert not feed.fold.state.rules_of_time_hold()
    feed.now_s += 9
    feed.say(at_s=feed.now_s - 1000)
    assert feed.fold.state.rules_of_time_hold()


@pytest.mark.parametrize(
    ("language", "said"), [("id", "baterai lemah, 3100 mV"), ("en", "battery low, 3100 mV")]
)
def test_the_operator_reads_of_an_incident_in_their_language(language: Language, said: str) -> None:
    feed = Feed()
    feed.change(PutCollector(Collector(OPERATOR, "Sri", zones=(), language=language)))
    entries = [feed.hear(50, battery_mv=3100) for _ in range(3)]
    decisions = [decision for entry in entries for decision in entry.decisions]

    assert [one.detail for one in decisions if isinstance(one, Say)] == [said]
    noted = [one.detail for one in decisions if isinstance(one, OpenIncident)]
    assert noted == ["battery low, 3100 mV"]
