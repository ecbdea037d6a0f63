"""Whatever is retired and comes back, when: nothing is open of the retired, and replay agrees."""

from hypothesis import given
from hypothesis import strategies as st

from jemput import entry as journal
from jemput.changes import (
    Bind,
    Change,
    PutBin,
    PutCollector,
    PutHalte,
    PutSite,
    PutZone,
    Retire,
)
from jemput.decisions import OpenPickup, Say
from jemput.entry import Entry
from jemput.fold.fold import Fold
from jemput.fold.state import dump, load
from jemput.things import Bin, Collector, Halte, Site, Zone
from tests.builders import CADENCE_S, HOUR_S, SHAPE, START_S, Feed, town

BINS = ("b1", "b2", "b3", "b4")
BUDI = PutCollector(Collector("budi", "Budi", ("north",)))
CHANGES: list[Change] = [
    *(Retire("bin", one, START_S + 3 * CADENCE_S) for one in BINS[:2]),
    Retire("halte", "dago", START_S),
    Retire("collector", "asep", START_S),
    Retire("collector", "budi", START_S),
    PutCollector(Collector("asep", "Asep", ("north",))),
    BUDI,
    PutBin(Bin("b1", "dago", "organic", SHAPE, CADENCE_S)),
    Bind("d-b1", "b1", START_S + CADENCE_S),
    PutSite(Site("coblong", "Coblong")),
    PutHalte(Halte("dago", "coblong", "Dago", 0.0, 0.0)),
    PutZone(Zone("north", "North", ("dago",))),
]
STEPS = st.lists(
    st.one_of(
        st.sampled_from(CHANGES),
        st.tuples(st.sampled_from(BINS), st.sampled_from([None, 20, 92, 92])),
        st.sampled_from([CADENCE_S, HOUR_S, 25 * HOUR_S]),
    ),
    max_size=40,
)


def lived(steps: list[Change | tuple[str, int | None] | int]) -> list[Entry]:
    feed = Feed(town(BINS))
    for step in steps:
        if isinstance(step, int):
            feed.pass_s(step)
        elif isinstance(step, tuple):
            feed.hear(step[1], step[0])
        else:
            feed.change(step)
        assert_nothing_open_of_the_retired(feed)
    return feed.entries


def assert_nothing_open_of_the_retired(feed: Feed) -> None:
    registry = feed.fold.state.registry
    for bin_id in BINS:
        from_s = registry.retired_s("bin", bin_id)
        if from_s is not None:
            state = feed.bin(bin_id)
            assert (state.pickup, state.incidents, state.silent) == (None, [], False)
            assert registry.device_of(bin_id, max(from_s, feed.now_s)) is None
    for one in feed.entries[-1].decisions:
        if isinstance(one, Say):
            assert registry.retired_s("collector", one.recipient) is None
        if isinstance(one, OpenPickup):
            assert registry.retired_s("bin", one.pickup.bin) is None


@given(STEPS, st.data())
def test_restarts_and_replay_change_nothing_of_it(
    steps: list[Change | tuple[str, int | None] | int], data: st.DataObject
) -> None:
    entries = lived(steps)
    replayed, decided = Fold(), Fold()
    for one in entries:
        if data.draw(st.booleans()):
            replayed = Fold(load(dump(replayed.state)))
            decided = Fold(load(dump(decided.state)))
        replayed.replay(journal.decode(journal.encode(one)))
        assert decided.fold(one.intake, one.epoch) == one
    assert dump(replayed.state) == dump(decided.state)
