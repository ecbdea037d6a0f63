"""What a site counts is kept as it changes: the same as counting anew, at the price of changes."""

from typing import Never

from hypothesis import given, settings
from hypothesis import strategies as st

from jemput.decisions import IncidentKind, OpenIncident
from jemput.entry import Link
from jemput.fold.fold import Fold
from jemput.fold.state import BinState, GroupState, dump, load
from jemput.registry import Change, PutBin, PutHalte, PutPolicy, PutSite
from jemput.things import Bin, Halte, Site
from tests.builders import CADENCE_S, SHAPE, Feed, town

BINS = tuple(f"b{number}" for number in range(6))
HALTES = ("dago", "cihampelas", "braga")
SITES = ("coblong", "sumur")

MOVES: st.SearchStrategy[Change] = st.one_of(
    st.builds(
        lambda one, halte: PutBin(Bin(one, halte, "organic", SHAPE, CADENCE_S)),
        st.sampled_from((*BINS, "b9")),
        st.sampled_from(HALTES),
    ),
    st.builds(
        lambda halte, site: PutHalte(Halte(halte, site, halte, 0.0, 0.0)),
        st.sampled_from(HALTES),
        st.sampled_from(SITES),
    ),
    st.builds(
        lambda one, cadences: PutPolicy("bin", one, {"silence_cadences": cadences}),
        st.sampled_from(BINS),
        st.integers(1, 4),
    ),
)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("hear"), st.sets(st.sampled_from(BINS), min_size=1)),
        st.tuples(st.just("pass"), st.integers(1, 6 * CADENCE_S)),
        st.tuples(st.just("link"), st.booleans()),
        st.tuples(st.just("move"), MOVES),
        st.tuples(st.just("restart"), st.none()),
    ),
    max_size=30,
)


def wide_town() -> tuple[Change, ...]:
    """Two sites, three haltes, six bins in the first."""
    places = [PutHalte(Halte(one, "sumur", one, 0.0, 0.0)) for one in HALTES[1:]]
    return (*town(BINS), PutSite(Site("sumur", "Sumur")), *places)


def naive(state: GroupState) -> dict[str, tuple[set[str], set[str]]]:
    """Per site its bins and the silent ones of them, counted anew."""
    found: dict[str, tuple[set[str], set[str]]] = {}
    for one in state.bins.values():
        bins, silent = found.setdefault(state.registry.site_of(one.bin), (set(), set()))
        bins.add(one.bin)
        if one.silent:
            silent.add(one.bin)
    return found


def kept(fold: Fold) -> dict[str, tuple[set[str], set[str]]]:
    every = {site: (fold.sites.bins(site), fold.sites.silent(site)) for site in SITES}
    return {site: both for site, both in every.items() if both[0]}


@settings(max_examples=60)
@given(STEPS)
def test_they_are_what_counting_anew_gives(steps: list[tuple[str, object]]) -> None:
    feed, other = Feed(wide_town()), Fold()
    for kind, what in steps:
        if kind == "hear" and isinstance(what, set):
            feed.now_s += CADENCE_S
            for one in sorted(what):
                feed.say(bin_id=one)
        elif kind == "pass" and isinstance(what, int):
            feed.pass_s(what)
        elif kind == "link":
            feed.take(events=(Link(up=bool(what)),))
        elif kind == "restart":
            feed.fold = Fold(load(dump(feed.fold.state)))
        elif isinstance(what, PutBin | PutHalte | PutPolicy):
            feed.change(what)
        assert kept(feed.fold) == naive(feed.fold.state)
    for entry in feed.entries:
        other.replay(entry)
    assert dump(other.state) == dump(feed.fold.state)
    assert kept(other) == kept(feed.fold)


class Unscanned(dict[str, BinState]):
    """Bins that nobody may go through one by one."""

    def values(self) -> Never:
        raise AssertionError("every bin is looked at for a reading of one")


def test_while_a_site_is_silent_a_reading_costs_no_look_at_every_bin() -> None:
    feed = Feed(wide_town())
    feed.pass_s(10 * CADENCE_S)
    opened = [one for one in feed.entries[-1].decisions if isinstance(one, OpenIncident)]
    assert [one.kind for one in opened] == [IncidentKind.SITE_SILENCE]
    feed.fold.state.bins = Unscanned(feed.fold.state.bins)
    for one in BINS[:5]:
        feed.say(bin_id=one)
    assert feed.fold.state.site_incidents == []


def test_a_site_that_has_no_bins_any_more_is_not_silent_for_ever() -> None:
    feed = Feed(wide_town())
    feed.pass_s(10 * CADENCE_S)
    assert feed.fold.state.site_incidents == ["coblong"]
    feed.change(PutHalte(Halte("dago", "sumur", "Dago", 0.0, 0.0)))
    assert "coblong" not in feed.fold.state.site_incidents
