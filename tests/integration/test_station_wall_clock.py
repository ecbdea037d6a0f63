"""A wall clock that steps stops the rules of time, and tells the operator."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, select

from ingest.acks import Acks
from ingest.mqtt.session import Address
from ingest.speaking import Speaker
from ingest.station import Station
from ingest.wall_clock import STEADY_S, WallWatch, watch_wall
from ingest.writer import Writer
from jemput.entry import ClockTrust
from jemput.store.clock import WallClock
from jemput.store.database import create_tables, open_database
from jemput.store.journal import Journal
from jemput.store.registry import RegistryStore
from jemput.store.schema import outbox
from tests.builders import START_S, town
from tests.servers import HOST, free_port

GROUP = "main"
WALL_S = float(START_S)


@pytest.mark.parametrize("step_s", [61.0, -61.0, 86_400.0, -WALL_S])
def test_a_step_of_more_than_a_minute_ends_trust_until_it_was_steady(step_s: float) -> None:
    watch = WallWatch(WALL_S, 100, trusted=True)
    assert watch.look(WALL_S + step_s + 5, 105) == pytest.approx(step_s)
    assert not watch.trusted
    assert watch.look(WALL_S + step_s + 5 + STEADY_S - 1, 105 + STEADY_S - 1) is None
    assert not watch.trusted
    watch.look(WALL_S + step_s + 5 + STEADY_S, 105 + STEADY_S)
    assert watch.trusted


@pytest.mark.parametrize("step_s", [60.0, -60.0, 0.0])
def test_a_smaller_step_costs_no_trust(step_s: float) -> None:
    watch = WallWatch(WALL_S, 100, trusted=True)
    assert watch.look(WALL_S + step_s + 5, 105) is None
    assert watch.trusted


def test_many_small_steps_one_way_are_a_step() -> None:
    watch = WallWatch(WALL_S, 0, trusted=True)
    for count in range(1, 7):
        watch.look(WALL_S + 15 * count, 5 * count)
    assert watch.trusted
    assert watch.look(WALL_S + 15 * 7, 5 * 7) == pytest.approx(70)
    assert not watch.trusted


def test_a_second_step_begins_the_wait_anew() -> None:
    watch = WallWatch(WALL_S, 0, trusted=True)
    watch.look(WALL_S + 105, 5)
    assert watch.look(WALL_S + 400, 400) == pytest.approx(-100)
    watch.look(WALL_S + 5 + STEADY_S, 5 + STEADY_S)
    assert not watch.trusted
    watch.look(WALL_S + 400 + STEADY_S, 400 + STEADY_S)
    assert watch.trusted


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    """A database of its own, with a small town."""
    made = open_database(f"sqlite:///{tmp_path / 'jemput.db'}")
    create_tables(made)
    RegistryStore(made, GROUP).change(town(["b1"]), by="test", now_ms=0)
    yield made
    made.dispose()


class Clocks:
    """Two clocks that a test moves."""

    def __init__(self, wall_s: float = WALL_S) -> None:
        self.wall_s, self.monotonic_s = wall_s, 0.0

    def __call__(self) -> tuple[float, float]:
        """Both."""
        return self.wall_s, self.monotonic_s

    def pass_s(self, seconds: float) -> None:
        """Time goes on, for both."""
        self.wall_s += seconds
        self.monotonic_s += seconds


class Watched:
    """A station that runs on real parts, and a watch on two clocks."""

    def __init__(self, engine: Engine, wall_s: float = WALL_S) -> None:
        self.writer = Writer(engine, GROUP)
        self.writer.take_over()
        self.clocks = Clocks(wall_s)
        self.stop = asyncio.Event()
        self.clock = WallClock(self.clocks)
        acks = Acks(Speaker(Address(HOST, free_port()), "nobody-hears"), self.clock)
        self.station = Station(self.writer, self.clock, acks, lambda: None)

    async def until(self, *, trusted: bool) -> None:
        """Until the state says so, by the journal."""
        async with asyncio.timeout(5):
            while self.writer.fold.state.clock_trusted is not trusted:  # noqa: ASYNC110 - a thread tells
                await asyncio.sleep(0.01)

    async def live(self) -> None:
        """Until `stop`."""
        state = self.writer.fold.state
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(watch_wall(self.station, self.clock, state, self.stop, look_s=0.01))
            tasks.create_task(self.station.run(self.stop))


async def test_a_step_is_journaled_and_told_and_outlives_a_restart_until_it_was_steady(
    engine: Engine,
) -> None:
    watched = Watched(engine)
    living = asyncio.create_task(watched.live())
    await asyncio.sleep(0.05)
    watched.clocks.wall_s -= 3600
    await watched.until(trusted=False)
    watched.stop.set()
    await living

    again = Watched(engine)
    assert not again.writer.fold.state.clock_trusted
    living = asyncio.create_task(again.live())
    await asyncio.sleep(0.05)
    again.clocks.pass_s(STEADY_S)
    await again.until(trusted=True)
    again.stop.set()
    await living

    entries = Journal(engine, GROUP).entries()
    events = [one for entry in entries for one in entry.intake.events]
    trust = [one.trusted for one in events if isinstance(one, ClockTrust)]
    assert trust == [False, True]
    with engine.connect() as connection:
        told = connection.execute(select(outbox.c.recipient).distinct()).scalars().all()
    assert told == ["operator"]
