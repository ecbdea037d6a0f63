"""Simulated filling, held to what was measured (seeds fixed; the bounds are the measured ones)."""

import statistics
from collections import Counter

import pytest

from simulator.chance import chance
from simulator.filling import OVERFLOW_PERCENT, Filling, Rhythm, make_rhythm
from simulator.scenario import load

DAY_S, HOUR_S = 86_400, 3600
MONDAY_S = 1_763_917_200  # 2025-11-24 00:00 WIB
TOWN = load("lubuk-pakam")
WIB_S = TOWN.site.utc_offset_s


def rhythm_of(waste: str, *, market: bool = False) -> Rhythm:
    """The rhythm of a bin of this waste."""
    plan = TOWN.fill.rhythms[TOWN.fill.wastes[waste].rhythm]
    return make_rhythm(plan, TOWN.fill, WIB_S, market=market)


def filling(waste: str, rate: float, *, seed: str = "1", market: bool = False) -> Filling:
    """A bin that starts empty on a Monday."""
    return Filling(
        chance(waste, seed),
        TOWN.fill.wastes[waste],
        rhythm_of(waste, market=market),
        percent_per_day=rate,
        start_percent=0,
        start_s=MONDAY_S,
    )


def increments(filling: Filling, step_s: int, count: int) -> list[float]:
    """What came in each step, the bin emptied before it is half full, as if it had no bottom."""
    found, before = [], 0.0
    for step in range(1, count + 1):
        at_s = MONDAY_S + step * step_s
        level = filling.level_percent(at_s)
        found.append(level - before)
        if level > 50:
            filling.empty(at_s, 16)
        before = filling.level_percent(at_s)
    return found


@pytest.mark.parametrize(("waste", "rate"), [("residual", 47), ("paper", 47), ("glass", 4.7)])
def test_a_bin_fills_as_fast_as_it_should_in_the_long_run(waste: str, rate: float) -> None:
    daily = increments(filling(waste, rate), DAY_S, 1400)

    assert statistics.mean(daily) == pytest.approx(rate, rel=0.06)


def test_fast_bins_vary_from_day_to_day_as_paper_in_prague() -> None:
    """Measured: 47 a day, sd 17, so a coefficient of 0.36."""
    daily = increments(filling("paper", 47), DAY_S, 1400)

    assert 0.25 < statistics.pstdev(daily) / statistics.mean(daily) < 0.45


def test_slow_bins_vary_far_more_as_glass_in_frankfurt() -> None:
    """Measured: 4.1 a day, sd 6.7; noise of the sensor is part of it."""
    daily = increments(filling("glass", 4.7), DAY_S, 1400)

    assert 1.1 < statistics.pstdev(daily) / statistics.mean(daily) < 1.8


def test_shops_fill_their_bins_in_the_late_morning_and_never_at_night() -> None:
    hourly = increments(filling("residual", 47), HOUR_S, 24 * 400)
    by_hour = [sum(hourly[hour::24]) / sum(hourly) * 24 for hour in range(24)]

    assert statistics.mean(by_hour[10:13]) == pytest.approx(2.1, abs=0.3)
    assert by_hour[19] == pytest.approx(1.0, abs=0.25)
    assert max(by_hour[1:4]) < 0.15


def test_homes_fill_their_bins_in_the_late_afternoon() -> None:
    hourly = increments(filling("plastic", 9), HOUR_S, 24 * 1400)
    by_hour = [sum(hourly[hour::24]) / sum(hourly) * 24 for hour in range(24)]

    assert statistics.mean(by_hour[14:19]) == pytest.approx(2.3, abs=0.3)
    assert max(by_hour[0:3]) < 0.15


def test_weekdays_have_the_measured_shape() -> None:
    daily = increments(filling("plastic", 20), DAY_S, 7 * 300)
    by_day = [sum(daily[day::7]) / sum(daily) * 7 for day in range(7)]

    assert by_day[5] == pytest.approx(1.58, abs=0.15)
    assert by_day[6] == pytest.approx(0.53, abs=0.12)


def test_market_days_are_busier_without_changing_the_mean() -> None:
    market, plain = rhythm_of("residual", market=True), rhythm_of("residual")
    tuesday, wednesday = 1, 2

    assert market.weekdays[tuesday] / market.weekdays[wednesday] == pytest.approx(
        1.8 * plain.weekdays[tuesday] / plain.weekdays[wednesday]
    )
    assert statistics.mean(market.weekdays) == pytest.approx(1)


def test_a_rhythm_knows_local_hours() -> None:
    rhythm = rhythm_of("residual")

    assert rhythm.at(MONDAY_S) == pytest.approx(rhythm.hours[0] * rhythm.weekdays[0])
    assert rhythm.at(MONDAY_S - 1) == pytest.approx(rhythm.hours[23] * rhythm.weekdays[6])


def test_paper_settles_so_a_drop_is_not_an_emptying() -> None:
    """Measured in steps of two to three hours: 13 % go down, by 1 to 15, 3.5 on average."""
    steps = increments(filling("paper", 47), int(2.5 * HOUR_S), 5000)
    drops = [-step for step in steps if step <= -1]

    assert 0.07 < len(drops) / len(steps) < 0.17
    assert 2 < statistics.mean(drops) < 4.5
    assert max(drops) <= 15


def test_glass_never_settles() -> None:
    assert min(increments(filling("glass", 4.7), HOUR_S, 5000)) >= 0


def test_looking_more_often_changes_nothing() -> None:
    often, seldom = filling("residual", 47), filling("residual", 47)
    for at_s in range(MONDAY_S, MONDAY_S + DAY_S, 600):
        often.level_percent(at_s)

    assert often.level_percent(MONDAY_S + DAY_S) == seldom.level_percent(MONDAY_S + DAY_S)


def test_emptying_leaves_the_residue_and_tells_what_was_there() -> None:
    bin_ = filling("residual", 47)
    at_s = MONDAY_S + DAY_S
    before = bin_.level_percent(at_s)

    assert bin_.empty(at_s, 7) == before > 10
    assert bin_.level_percent(at_s) == 7


def test_emptying_adds_nothing_to_a_bin_that_was_emptier() -> None:
    bin_ = filling("glass", 4.7)

    bin_.empty(MONDAY_S, 9)

    assert bin_.level_percent(MONDAY_S) == 0


def test_a_bin_nobody_empties_overflows_and_stays_there() -> None:
    bin_ = filling("residual", 47)

    assert bin_.level_percent(MONDAY_S + 10 * DAY_S) == OVERFLOW_PERCENT


def test_bins_of_one_kind_differ_and_seeds_repeat() -> None:
    levels = Counter(
        filling("residual", 47, seed=seed).level_percent(MONDAY_S + DAY_S)
        for seed in ("a", "b", "c", "a")
    )

    assert sorted(levels.values()) == [1, 1, 2]
