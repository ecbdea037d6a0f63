"""Which bins a change of the registry touches: held against looking at every bin."""

from hypothesis import given
from hypothesis import strategies as st

from jemput.geometry import Geometry
from jemput.policy import Scope
from jemput.registry import (
    Bind,
    Change,
    PutBin,
    PutHalte,
    PutPolicy,
    PutSite,
    Registry,
    Retire,
)
from jemput.registry_moves import next_turn_s, touched
from jemput.things import Bin, Halte, Site

NOW_S = 1000
BINS = ("b1", "b2", "b3")
HALTES = {"h1": "s1", "h2": "s1", "h3": "s2"}
DEVICES = ("d1", "d2", "b1")
WASTES = ("organic", "paper")
times = st.sampled_from((0, NOW_S - 1, NOW_S, NOW_S + 1, NOW_S + 500))
bins = st.sampled_from(BINS)


def scoped(scope: Scope, key: str, call_percent: int) -> PutPolicy:
    return PutPolicy(scope, key, {"call_percent": call_percent} if call_percent else {})


changes: st.SearchStrategy[Change] = st.one_of(
    st.builds(
        lambda one, halte, waste, empty_mm, from_s: PutBin(
            Bin(one, halte, waste, Geometry(empty_mm, 0)), from_s
        ),
        bins,
        st.sampled_from(sorted(HALTES)),
        st.sampled_from(WASTES),
        st.sampled_from((900, 1000)),
        times,
    ),
    st.builds(
        lambda one, name: PutHalte(Halte(one, HALTES[one], name, 1.0, 2.0)),
        st.sampled_from(sorted(HALTES)),
        st.sampled_from(("A", "B")),
    ),
    st.builds(Bind, st.sampled_from(DEVICES), st.one_of(st.none(), bins), times),
    st.builds(lambda one, at_s: Retire("bin", one, at_s), bins, times),
    st.builds(scoped, st.just("bin"), bins, st.sampled_from((0, 60, 80))),
    st.builds(scoped, st.just("waste"), st.sampled_from(WASTES), st.sampled_from((0, 70, 85))),
    st.builds(scoped, st.just("site"), st.sampled_from(("s1", "s2")), st.sampled_from((0, 65))),
)


def begun() -> Registry:
    registry = Registry()
    for site in ("s1", "s2"):
        registry.apply(PutSite(Site(site, site)))
    for halte, site in HALTES.items():
        registry.apply(PutHalte(Halte(halte, site, halte, 1.0, 2.0)))
    return registry


def setup(registry: Registry, bin_id: str, at_s: int) -> object:
    """All that anybody may be shown of a bin's setup."""
    a_bin = registry.bins.get(bin_id)
    return a_bin and (
        a_bin,
        registry.haltes[a_bin.halte],
        registry.policy_of(bin_id),
        registry.policies.overrides.get(f"bin/{bin_id}") or None,
        registry.geometry_of(bin_id, at_s),
        registry.device_of(bin_id, at_s),
        registry.retired_s("bin", bin_id),
    )


@given(st.lists(changes, max_size=12), st.lists(changes, max_size=3))
def test_a_bin_that_is_not_touched_is_set_up_as_before(
    first: list[Change], then: list[Change]
) -> None:
    before = begun()
    for change in first:
        before.apply(change)
    after = before.copy()
    for change in then:
        after.apply(change)

    others = after.bins.keys() - touched(before, after)

    for at_s in (0, NOW_S, NOW_S + 1000):
        assert {one: setup(before, one, at_s) for one in others} == {
            one: setup(after, one, at_s) for one in others
        }
    assert touched(before, after) <= after.bins.keys()
    assert touched(after, after) == set()


@given(st.lists(changes, max_size=12))
def test_between_its_turns_a_bin_stays_as_it_is(some: list[Change]) -> None:
    registry = begun()
    for change in some:
        registry.apply(change)

    for one in registry.bins:
        turn_s = next_turn_s(registry, one, NOW_S) or NOW_S + 1000
        assert turn_s > NOW_S
        assert setup(registry, one, NOW_S) == setup(registry, one, turn_s - 1)


def test_one_bins_change_touches_no_other() -> None:
    before = begun()
    for one in BINS:
        before.apply(PutBin(Bin(one, "h1", "organic", Geometry(1000, 0)), 0))
    after = before.copy()

    after.apply(Bind("d1", "b2", 0))

    assert touched(before, after) == {"b2"}


def test_a_bin_that_a_device_leaves_is_touched_as_the_one_it_comes_to() -> None:
    before = begun()
    for one in BINS:
        before.apply(PutBin(Bin(one, "h1", "organic", Geometry(1000, 0)), 0))
    before.apply(Bind("d1", "b1", 0))
    after = before.copy()

    after.apply(Bind("d1", "b2", 0))

    assert touched(before, after) == {"b1", "b2"}
