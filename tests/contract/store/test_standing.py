"""How bins stand, looked at again and again: what moved is read, on both databases."""

import pytest
from sqlalchemy import Engine

from jemput.pickup import Reason, State
from jemput.store.bins import Bins
from jemput.store.checkpoints import Checkpoints
from jemput.store.database import writing
from jemput.store.effects import insert_pickup
from jemput.store.journal import Journal
from jemput.store.standing import Level, Levels, OpenPickup
from tests.builders import Feed, by_hand, town
from tests.contract.store.busy_town import GROUP


@pytest.fixture
def feed(engine: Engine) -> Feed:
    """A fold whose state is saved."""
    made = Feed(town(["b1", "b2"]))
    Journal(engine, GROUP).take_over()
    made.fill(10, 50, 91)
    save(engine, made)
    return made


def save(engine: Engine, feed: Feed, *bins: str) -> None:
    state = feed.fold.state
    Checkpoints(engine, GROUP).save(state, bins or state.bins, [], registry=False)


def percents(bins: Bins) -> dict[str, int | None]:
    return {one: level.percent for one, level in bins.look()[0].items()}


def test_what_did_not_move_is_the_same_object(engine: Engine, feed: Feed) -> None:
    bins = Bins(engine, GROUP)
    before, _ = bins.look()
    assert bins.look()[0] is before
    feed.fold.state.position += 1
    feed.fold.state.bins["b1"].level_percent = 7
    save(engine, feed, "b1")

    after, _ = bins.look()

    assert (before["b1"].percent, after["b1"].percent) == (50, 7)
    assert after["b2"] is before["b2"]


def test_a_new_writer_may_stand_behind_the_old_one(engine: Engine, feed: Feed) -> None:
    bins = Bins(engine, GROUP)
    assert percents(bins)["b1"] == 50
    feed.fold.state.position -= 1
    feed.fold.state.bins["b1"].level_percent = 8
    Journal(engine, GROUP).take_over()
    save(engine, feed)

    assert percents(bins)["b1"] == 8


def test_another_groups_bins_are_not_seen(engine: Engine, feed: Feed) -> None:
    assert feed.fold.state.bins
    with engine.connect() as connection:
        levels = Levels("other")
        assert (levels.look(connection), levels.of(connection, ["b1"])) == ({}, {})
    assert Bins(engine, "other").look() == ({}, {})


def test_a_few_by_name_are_as_all_of_them(engine: Engine, feed: Feed) -> None:
    opened = by_hand("b2", feed.now_s).pickup
    with writing(engine) as connection:
        insert_pickup(connection, GROUP, opened, site="coblong", by="test", position=None)
    levels, pickups = Bins(engine, GROUP).look()

    with engine.connect() as connection:
        few = Levels(GROUP).of(connection, ["b1", "b3"])

    assert few == {"b1": levels["b1"]}
    assert isinstance(levels["b1"], Level)
    assert pickups == {"b2": OpenPickup(opened.id, State.REQUESTED, Reason.MANUAL, "asep")}
