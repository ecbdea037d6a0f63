"""Facts are what the fold knows, in lines that are the same whoever follows, from wherever."""

import re

import pytest

from jemput.entry import Entry
from jemput.facts import BEAT_MS, Facts
from jemput.fold import state as states
from jemput.fold.state import GroupState
from jemput.line_protocol import written
from jemput.points import line
from jemput.policy import Policy, Scope
from jemput.registry import PutBin, PutHalte, PutSite, Retire
from jemput.things import Bin, Halte, Site
from tests.builders import CADENCE_S, HOUR_S, SHAPE, Feed, by_hand, town


def told(entries: list[Entry]) -> list[str]:
    facts = Facts(GroupState())
    return [line for entry in entries for line in facts.take(entry)]


def of(lines: list[str], measurement: str) -> list[str]:
    return [line for line in lines if line.startswith(f"{measurement},")]


def field(line: str, name: str) -> str:
    found = re.search(rf'[ ,]{name}=("[^"]*"|[^ ,]+)', line)
    assert found is not None, f"{line} has no {name}"
    return found[1].strip('"')


def test_a_pickup_is_told_at_each_step_and_how_long_it_is_open() -> None:
    feed = Feed()
    feed.fill(50, 70, 90, 92, 94)
    feed.act("alerted")
    feed.pass_s(HOUR_S)
    feed.act("accept")
    feed.pass_s(HOUR_S)
    feed.act("collect")

    lines = of(told(feed.entries), "pickup")

    assert [field(one, "state") for one in lines] == [
        "requested",
        "alerted",
        "accepted",
        "collected",
    ]
    assert lines[0].startswith("pickup,bin=b1,site=coblong,waste=organic ")
    assert field(lines[0], "reason") == "FULLNESS"
    assert [int(field(one, "open_s")[:-1]) // HOUR_S for one in lines] == [0, 0, 1, 2]
    assert {field(one, "is_open") for one in lines} == {"1i"}
    assert {field(one, "who") for one in lines[1:]} == {"asep"}


def test_an_emptying_closes_what_was_open() -> None:
    feed = Feed()
    feed.fill(50, 70, 90, 92, 94, 3, 3, 3, 3, 3)

    lines = told(feed.entries)

    assert len(of(lines, "emptying")) == 1
    assert field(of(lines, "pickup")[-1], "is_open") == "0i"
    assert field(of(lines, "pickup")[-1], "verified") in {"0i", "1i"}


def test_who_was_called_first_wins_over_a_person() -> None:
    feed = Feed()
    feed.fill(50, 70, 90, 92, 94)
    opened = feed.pickup()
    feed.act("withdraw")
    feed.take(events=(by_hand("b1", feed.now_s),))

    lines = of(told(feed.entries), "pickup")

    assert opened is not None
    assert [field(one, "pickup") for one in lines] == [opened.id, opened.id, "b1-hand"]
    assert field(lines[1], "state") == "withdrawn"


def test_silence_is_an_incident_that_is_said_again_while_it_lasts() -> None:
    feed = Feed()
    feed.fill(50, 50)
    for _ in range(20):
        feed.pass_s(HOUR_S)

    incidents = of(told(feed.entries), "incident")

    assert len(incidents) >= 3
    assert {field(one, "is_open") for one in incidents} == {"1i"}
    assert sum("step=1i" in one for one in incidents) < len(incidents)
    assert all("site=coblong" in one for one in incidents)


def test_every_bin_says_where_it_stands_at_each_beat() -> None:
    feed = Feed()
    feed.change(*town(("b1", "b2")))
    feed.pass_s(BEAT_MS // 1000)

    bins = of(told(feed.entries), "bin")

    assert bins[-1].startswith("bin,bin=b2,halte=dago,site=coblong,waste=organic lat=-6.88,")
    assert field(bins[-1], "call_percent") == f"{Policy().call_percent}i"
    assert int(bins[-1].rsplit(" ", 1)[1]) % (BEAT_MS * 1_000_000) == 0


def test_a_retired_bin_is_told_to_be_out_of_use_until_it_is_put_again() -> None:
    feed = Feed()
    feed.change(Retire("bin", "b1", feed.now_s))
    feed.pass_s(BEAT_MS // 1000)
    feed.change(town()[4])

    in_use = [field(one, "in_use") for one in of(told(feed.entries), "bin")]

    assert in_use[1:] == ["1i", "0i", "0i", "1i"]


@pytest.mark.parametrize(
    ("scope", "key", "told_of"), [("bin", "b2", ["b2"]), ("waste", "organic", ["b1", "b2"])]
)
def test_another_threshold_is_told_of_the_bins_that_it_is_for(
    scope: Scope, key: str, told_of: list[str]
) -> None:
    feed = Feed()
    feed.change(*town(("b1", "b2")))
    before = len(feed.entries)
    feed.policy(scope, key, call_percent=61)

    bins = of(told(feed.entries)[-len(told_of) :], "bin")

    assert len(feed.entries) == before + 1
    assert [field(one, "bin") for one in bins] == told_of
    assert {field(one, "call_percent") for one in bins} == {"61i"}


def test_lines_are_the_same_from_wherever_one_began() -> None:
    feed = Feed()
    snapshots: list[tuple[int, bytes]] = []
    for level in (50, 70, 90, 92, 94, 95, 3, 3, 3, 3, 60):
        feed.fill(level)
        feed.pass_s(3 * HOUR_S)
        if level == 95:
            feed.change(Retire("bin", "b1", feed.now_s))
            feed.change(town()[4])
            feed.policy(call_percent=80)
        snapshots.append((len(feed.entries), states.dump(feed.fold.state)))
    facts = Facts(GroupState())
    whole = [facts.take(entry) for entry in feed.entries]

    for count, blob in snapshots:
        later = Facts(states.load(blob))
        assert [later.take(entry) for entry in feed.entries[count:]] == whole[count:]


def test_a_bin_that_is_gone_says_no_more_that_it_is_full() -> None:
    feed = Feed()
    feed.fill(50, 70, 90, 92, 94)
    feed.change(PutSite(Site("sumur", "Sumur")))
    feed.change(PutHalte(Halte("braga", "sumur", "Braga", -6.9, 107.6)))
    feed.change(PutBin(Bin("b1", "braga", "organic", SHAPE, CADENCE_S)))
    feed.change(PutBin(Bin("b1", "braga", "organic", SHAPE, CADENCE_S)))
    feed.change(Retire("bin", "b1", feed.now_s))

    gone = of(told(feed.entries), "reading")

    assert [one.rsplit(" ", 1)[0] for one in gone] == [
        "reading,bin=b1,device=-,site=coblong,waste=organic above_call=0i",
        "reading,bin=b1,device=-,site=sumur,waste=organic above_call=0i",
    ]


def test_a_reading_says_whether_its_own_threshold_calls() -> None:
    feed = Feed()
    feed.policy(call_percent=90)
    feed.fill(80, 80, 80, 95, 95, 95, 95, 95)
    facts = Facts(GroupState())
    lines = []
    for entry in feed.entries:
        facts.take(entry)
        lines += [line(one, facts.place_of(one)) for one in entry.readings]

    above = [field(one, "above_call") for one in lines]
    assert above[:3] == ["0i"] * 3
    assert above[-2:] == ["1i"] * 2
    assert all("site=coblong,waste=organic" in one for one in lines)
    assert "above_call" not in line(feed.entries[-1].readings[0])


def test_two_of_one_series_in_one_millisecond_stay_two() -> None:
    feed = Feed()
    feed.fill(50, 70, 90, 92, 94)
    for kind in ("alerted", "accept", "collect", "fail"):
        feed.act(kind)

    lines = of(told(feed.entries), "pickup")

    assert len({line.rsplit(" ", 1)[1] for line in lines}) == len(lines) == 5


@pytest.mark.parametrize(
    ("value", "as_text"),
    [(3, "3i"), (-6.88, "-6.88"), ('say "no"\nor \\', '"say \\"no\\" or \\\\"')],
)
def test_fields_keep_their_types(value: float | str, as_text: str) -> None:
    assert (
        written("m", {"b": "", "a": "x"}, {"f": value, "g": None}, 5) == f"m,a=x,b=- f={as_text} 5"
    )
