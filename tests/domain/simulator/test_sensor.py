"""Simulated sensors, held to the numbers measured on real ones (seeds fixed)."""

import dataclasses
import itertools
import statistics
from collections import Counter
from typing import Any

import pytest

from simulator.chance import chance
from simulator.scenario import load
from simulator.sensor import Habits, Sensor, SensorClass, draw_habits

PLAN = load("lubuk-pakam").sensor
HOUR_S, MONTH_S = 3600, 30.44 * 86_400
SPIKE_MM = 150
PINGS = 5


def device(seed: int, **habits: Any) -> Sensor:  # noqa: ANN401 - numbers of several types
    """One device of the fleet, with some of its numbers as told."""
    rng = chance("device", seed)
    drawn = draw_habits(rng, PLAN)
    return Sensor(rng, PLAN, dataclasses.replace(drawn, **habits))


def median_mm(sensor: Sensor, true_mm: float, turn: int) -> int | None:
    """What a node would read in one wake."""
    sensor.look(true_mm, turn * HOUR_S)
    echoes = [mm for mm in (sensor.ping_mm() for _ in range(PINGS)) if mm is not None]
    return statistics.median_low(echoes) if echoes else None


def series(sensor: Sensor, count: int, seed: int = 0) -> tuple[list[float], list[int]]:
    """True and read distances of a bin between empty and half full, without the silent ones."""
    rng, truths, reads = chance(seed), [], []
    true_mm = 1000.0
    for turn in range(count):
        if turn % 100 == 0:
            true_mm = rng.uniform(770, 1300)
        read = median_mm(sensor, true_mm, turn)
        if read is not None:
            truths.append(true_mm)
            reads.append(read)
    return truths, reads


def outlier_share(reads: list[int]) -> float:
    """The measured definition: more than 15 cm from the median of seven around it."""
    windows = [(reads[i], reads[i - 3 : i + 4]) for i in range(3, len(reads) - 3)]
    return sum(abs(mm - statistics.median(seven)) > SPIKE_MM for mm, seven in windows) / len(
        windows
    )


def fleet(count: int) -> list[Sensor]:
    """Many devices, without those that hear nothing at all."""
    sensors = [device(seed) for seed in range(count)]
    return [sensor for sensor in sensors if sensor.habits.kind is not SensorClass.DEAD]


def test_every_distance_is_a_multiple_of_two_centimetres() -> None:
    _, reads = series(device(1), 300)

    assert {mm % 20 for mm in reads} == {0}


def test_idle_steps_are_those_of_the_real_devices() -> None:
    """Measured: 80 % zero, 16 % one grain, 1.7 % two grains; sd 1.05 cm, 0.6 to 1.6."""
    steps = []
    for seed in range(60):
        quiet = device(seed, spike_share=0, ghost_enter=0, no_echo_share=0)
        true_mm = chance(seed).uniform(300, 1300)
        reads = [median_mm(quiet, true_mm, turn) or 0 for turn in range(300)]
        steps += [later - earlier for earlier, later in itertools.pairwise(reads)]
    share = {size: sum(abs(step) == size for step in steps) / len(steps) for size in (0, 20, 40)}

    assert share[0] == pytest.approx(0.80, abs=0.04)
    assert share[20] == pytest.approx(0.16, abs=0.06)
    assert 0.002 < share[40] < 0.03
    assert 8 < statistics.pstdev(steps) < 12


def test_over_half_of_the_fleet_is_not_clean() -> None:
    kinds = Counter(device(seed).habits.kind for seed in range(2000))

    assert kinds[SensorClass.CLEAN] / 2000 == pytest.approx(0.46, abs=0.04)
    assert kinds[SensorClass.MID] / 2000 == pytest.approx(0.43, abs=0.04)
    assert kinds[SensorClass.NOISY] / 2000 == pytest.approx(0.10, abs=0.03)
    assert kinds[SensorClass.DEAD] / 2000 == pytest.approx(1 / 77, abs=0.008)


def test_outliers_are_as_many_and_as_unequal_as_measured() -> None:
    """Measured: 3.6 % of readings; quartiles of devices 0.2, 2.6 and 6.3 %, at most 16 %."""
    shares = [outlier_share(series(sensor, 700)[1]) for sensor in fleet(250)]
    low, middle, high = statistics.quantiles(shares, n=4)

    assert statistics.mean(shares) == pytest.approx(0.036, abs=0.009)
    assert low < 0.006
    assert 0.015 < middle < 0.035
    assert 0.035 < high < 0.08
    assert 0.08 < max(shares) < 0.35


def test_isolated_spikes_are_1_7_percent_and_go_both_ways() -> None:
    toward = away = total = 0
    for sensor in fleet(150):
        spiky = Sensor(chance(1), PLAN, dataclasses.replace(sensor.habits, ghost_enter=0))
        truths, reads = series(spiky, 400)
        toward += sum(read < true - SPIKE_MM for true, read in zip(truths, reads, strict=True))
        away += sum(read > true + SPIKE_MM for true, read in zip(truths, reads, strict=True))
        total += len(reads)

    assert (toward + away) / total == pytest.approx(0.017, abs=0.005)
    assert toward / (toward + away) == pytest.approx(0.5, abs=0.08)


def ghost_runs(sensor: Sensor, count: int) -> list[int]:
    """How long the device saw its obstacle, in readings."""
    runs, run = [], 0
    for turn in range(count):
        sensor.look(1200, turn * HOUR_S)
        if sensor._in_ghost:
            run += 1
        elif run:
            runs.append(run)
            run = 0
    return runs


def test_ghost_echoes_come_and_go_as_measured() -> None:
    """Measured on the 41 bad devices of 77: 5.6 % of readings; runs of 1: 50 %, of 2: 19 %."""
    bad = [sensor for sensor in fleet(150) if sensor.habits.ghost_enter > 0]
    runs = [run for sensor in bad for run in ghost_runs(sensor, 2000)]
    short = [run for run in runs if run < 30]

    assert len(bad) / 150 == pytest.approx(0.53, abs=0.08)
    assert sum(runs) / (2000 * len(bad)) == pytest.approx(0.056, abs=0.015)
    assert short.count(1) / len(runs) == pytest.approx(0.40, abs=0.12)
    assert short.count(2) / len(runs) == pytest.approx(0.22, abs=0.06)
    assert max(runs) > 24


def test_a_ghost_is_always_the_same_obstacle() -> None:
    haunted = device(3, ghost_enter=0.2, spike_share=0, no_echo_share=0, obstacle_mm=600)
    reads = [median_mm(haunted, 1200, turn) for turn in range(500)]
    ghosts = [mm for mm in reads if mm is not None and mm < 1000]

    assert len(ghosts) > 50
    assert max(ghosts) - min(ghosts) <= 80
    assert statistics.mean(ghosts) == pytest.approx(600, abs=15)


def test_obstacles_hang_where_they_were_found() -> None:
    heights = [device(seed).habits.obstacle_mm for seed in range(500)]

    assert statistics.mean(heights) == pytest.approx(580, abs=15)
    assert statistics.pstdev(heights) == pytest.approx(100, abs=12)


def test_waste_above_the_obstacle_hides_it() -> None:
    haunted = device(3, ghost_enter=1, spike_share=0, no_echo_share=0, obstacle_mm=600)

    assert median_mm(haunted, 400, 0) == pytest.approx(400, abs=60)


def test_a_dead_device_hears_next_to_nothing() -> None:
    habits = Habits(SensorClass.DEAD, 3.0, 0, 0.98, 0, 580, 3600, -110, 0)
    dead = Sensor(chance(1), PLAN, habits)
    silent = sum(median_mm(dead, 1000, turn) is None for turn in range(1000))

    assert silent == pytest.approx(980, abs=15)


def test_a_living_device_seldom_hears_nothing() -> None:
    living = device(8)
    silent = sum(median_mm(living, 1000, turn) is None for turn in range(4000))

    assert 0 < silent < 16


def test_a_battery_loses_four_millivolts_a_month() -> None:
    sensor = device(4)
    fresh = statistics.mean(sensor.battery_mv(0) for _ in range(200))
    later = statistics.mean(sensor.battery_mv(12 * MONTH_S) for _ in range(200))

    assert 3450 < later < fresh < 3680
    assert fresh - later == pytest.approx(48, abs=2)


def test_it_is_warmer_after_noon_than_at_dawn_and_never_on_fire() -> None:
    sensor = device(5)
    by_hour = [
        statistics.mean(sensor.temperature_c(h * 3600) for _ in range(50)) for h in range(24)
    ]

    assert 23 < min(by_hour) < 26
    assert 30 < max(by_hour) < 34
    assert by_hour.index(max(by_hour)) in (13, 14, 15)
