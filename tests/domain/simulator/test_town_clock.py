"""The town's clock: three numbers that every process of a run shares."""

import asyncio
import time

import pytest

from simulator.clock import TownClock

START_S = 1_763_949_600


def test_the_town_runs_as_fast_as_it_is_told() -> None:
    clock = TownClock(START_S, speed=600, anchor_wall_s=time.time() - 10)

    assert clock.now_s() == pytest.approx(START_S + 6000, abs=120)


def test_a_wall_clock_that_steps_moves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = TownClock(START_S, speed=1, anchor_wall_s=time.time())
    stepped_s = time.time() + 7200
    monkeypatch.setattr(time, "time", lambda: stepped_s)

    assert clock.now_s() == pytest.approx(START_S, abs=5)


async def test_sleeping_ends_when_the_town_says_so() -> None:
    clock = TownClock(START_S, speed=1000, anchor_wall_s=time.time())
    began_s = time.monotonic()

    await clock.sleep_until(START_S + 200)

    assert clock.now_s() >= START_S + 200
    assert 0.15 < time.monotonic() - began_s < 2


async def test_stop_ends_a_wait_that_would_last() -> None:
    clock = TownClock(START_S, speed=1, anchor_wall_s=time.time())
    stop = asyncio.Event()
    waiting = asyncio.create_task(clock.reached(START_S + 1000, stop))
    await asyncio.sleep(0)
    stop.set()

    assert await asyncio.wait_for(waiting, 5) is False


async def test_a_moment_that_has_been_is_reached_at_once() -> None:
    clock = TownClock(START_S, speed=1, anchor_wall_s=time.time())

    assert await clock.reached(START_S - 1, asyncio.Event()) is True


def test_a_clock_that_stands_is_refused() -> None:
    with pytest.raises(ValueError, match="give a number above 0"):
        TownClock(START_S, speed=0, anchor_wall_s=0)
