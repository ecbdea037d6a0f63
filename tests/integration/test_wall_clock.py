"""The run's clock goes by the wall clock once that is steady, and never back."""

import asyncio
import time

import msgspec
import pytest
from sqlalchemy import Engine

from ingest.wall_clock import STEADY_S
from jemput.cli.telling import told_event
from jemput.entry import ClockTrust, Entry
from jemput.fold.admission import CLOCKS_BEGIN_S
from jemput.store.clock import SLOW, HostClock, WallClock
from jemput.store.journal import Journal
from jemput.store.verifying import Verification
from tests.builders import START_S
from tests.integration.test_station_wall_clock import GROUP, Clocks, Watched, engine

__all__ = ["engine"]
HOUR_S = 3600.0
IN_2000_S = 946_684_800.0


def now_s(clock: WallClock) -> float:
    return clock.now_ms() / 1000


def test_a_step_moves_nothing_until_it_is_followed() -> None:
    clocks = Clocks()
    clock = WallClock(clocks)
    clocks.wall_s += HOUR_S
    clocks.pass_s(5)
    assert now_s(clock) == START_S + 5
    assert clock.follow() == HOUR_S
    assert now_s(clock) == START_S + HOUR_S + 5


@pytest.mark.parametrize("step_s", [300.0, HOUR_S, 86_400.0])
def test_behind_a_wall_clock_it_goes_slowly_until_both_say_the_same(step_s: float) -> None:
    clocks = Clocks()
    clock = WallClock(clocks)
    clocks.wall_s -= step_s
    assert clock.follow() == -step_s
    assert now_s(clock) == START_S
    clocks.pass_s(100)
    assert now_s(clock) == pytest.approx(START_S + 100 * SLOW)
    clocks.pass_s(2 * step_s)
    assert now_s(clock) == pytest.approx(clocks.wall_s)


def test_a_wall_clock_that_was_never_set_is_not_waited_for() -> None:
    clocks = Clocks()
    clocks.wall_s = CLOCKS_BEGIN_S - 1.0
    clock = WallClock(clocks)
    clock.follow(not_before_ms=START_S * 1000)
    clocks.pass_s(60)
    assert now_s(clock) == START_S + 60


def test_it_never_goes_back_whatever_the_wall_clock_does() -> None:
    clocks = Clocks()
    clock, said = WallClock(clocks), [0.0]
    for step_s in (60, -7200, 30, 86_400, -90_000, 5, -1, 10):
        clocks.wall_s += step_s
        for _ in range(5):
            clocks.pass_s(7)
            said.append(now_s(clock))
        clock.follow()
        said.append(now_s(clock))
    assert said == sorted(said)


def test_who_writes_no_entries_goes_by_the_host_with_every_step(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock = HostClock()
    for wall_s in (1_790_000_000.5, 1_790_003_600.0, 946_684_800.0):
        monkeypatch.setattr(time, "time", lambda at_s=wall_s: at_s)
        assert clock.now_ms() == wall_s * 1000


def clock_entries(engine: Engine) -> list[tuple[Entry, ClockTrust]]:
    entries = Journal(engine, GROUP).entries()
    return [
        (entry, event)
        for entry in entries
        for event in entry.intake.events
        if isinstance(event, ClockTrust)
    ]


async def live_through(watched: Watched, *steps_s: float) -> None:
    """Each step, seen; and after each it is steady."""
    living = asyncio.create_task(watched.live())
    for step_s in steps_s:
        await asyncio.sleep(0.05)
        watched.clocks.wall_s += step_s
        await watched.until(trusted=False)
        watched.clocks.pass_s(STEADY_S)
        await watched.until(trusted=True)
    watched.stop.set()
    await living


async def test_an_ingester_that_booted_too_early_goes_by_the_right_time_without_a_restart(
    engine: Engine,
) -> None:
    watched = Watched(engine, wall_s=IN_2000_S)

    await live_through(watched, START_S - IN_2000_S)

    entry, trust = clock_entries(engine)[-1]
    assert trust == ClockTrust(trusted=True, moved_ms=round((START_S - IN_2000_S) * 1000))
    assert entry.intake.now_ms == pytest.approx((START_S + STEADY_S) * 1000, abs=2)
    list(Verification(Journal(engine, GROUP)).run())


async def test_a_wall_clock_that_stepped_back_is_waited_for_and_a_jump_is_of_its_entry(
    engine: Engine,
) -> None:
    watched = Watched(engine)

    await live_through(watched, -HOUR_S, 2 * HOUR_S)

    found = clock_entries(engine)
    assert [trust.trusted for _, trust in found] == [False, True, False, True]
    assert found[1][1].moved_ms == -HOUR_S * 1000
    assert "3600 s behind: the run waits" in told_event(found[1][1])
    jumped_ms = found[3][0].intake.now_ms - found[2][0].intake.now_ms
    assert jumped_ms == pytest.approx(found[3][1].moved_ms + SLOW * STEADY_S * 1000, rel=0.01)
    list(Verification(Journal(engine, GROUP)).run())


async def test_a_start_behind_the_journal_is_not_trusted_and_goes_on_from_there(
    engine: Engine,
) -> None:
    first = Watched(engine)
    await live_through(first, 2 * HOUR_S)
    last_ms = first.writer.fold.state.now_ms

    again = Watched(engine)
    living = asyncio.create_task(again.live())
    await again.until(trusted=False)
    assert again.clock.now_ms() >= last_ms
    again.stop.set()
    await living


def test_where_nothing_moved_an_entry_is_the_same_bytes_as_before_there_were_moves() -> None:
    event = ClockTrust(trusted=True)
    assert msgspec.msgpack.encode(event) == b"\x82\xa4type\xa5clock\xa7trusted\xc3"
