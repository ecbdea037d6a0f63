"""How waste arrives in a bin: a compound Poisson flow with the hours and the days of a town.

Seeded, and advanced by the time it is asked about: the same seed and the same
emptyings give the same levels, however often somebody looks.
"""

import math
import random
from dataclasses import dataclass

from simulator.scenario_checks import WEEKDAYS
from simulator.town_plan import FillPlan, RhythmPlan, WasteFill

OVERFLOW_PERCENT = 112.0
_DAY_S, _HOUR_S = 86_400, 3600
_THURSDAY = 3  # 1970-01-01 was one
_SETTLE_PERCENT = (1.0, 5.0)
_SETTLES_ABOVE_PERCENT = 15.0


@dataclass(frozen=True, slots=True)
class Rhythm:
    """How busy a local hour of a week is; the mean of the week is 1."""

    hours: tuple[float, ...]
    weekdays: tuple[float, ...]
    utc_offset_s: int

    @property
    def peak(self) -> float:
        """The busiest hour of the week."""
        return max(self.hours) * max(self.weekdays)

    def at(self, at_s: float) -> float:
        """The factor at a moment, in Unix seconds."""
        local_s = int(at_s) + self.utc_offset_s
        weekday = (local_s // _DAY_S + _THURSDAY) % 7
        return self.hours[local_s // _HOUR_S % 24] * self.weekdays[weekday]


def make_rhythm(plan: RhythmPlan, fill: FillPlan, utc_offset_s: int, *, market: bool) -> Rhythm:
    """The rhythm of a bin; at a market, its days are busier than the others."""
    factors = [fill.market_factor if market and day in fill.market_days else 1 for day in WEEKDAYS]
    weekdays = [weight * factor for weight, factor in zip(plan.weekdays, factors, strict=True)]
    return Rhythm(_mean_one(plan.hours), _mean_one(weekdays), utc_offset_s)


def _mean_one(weights: tuple[float, ...] | list[float]) -> tuple[float, ...]:
    mean = sum(weights) / len(weights)
    return tuple(weight / mean for weight in weights)


class Filling:
    """The true level of one bin, from `start_s` on. `percent_per_day` is its long mean."""

    def __init__(  # noqa: PLR0913 - the parameters of the process
        self,
        rng: random.Random,
        waste: WasteFill,
        rhythm: Rhythm,
        *,
        percent_per_day: float,
        start_percent: float,
        start_s: float,
    ) -> None:
        self._rng = rng
        self._waste = waste
        self._rhythm = rhythm
        self._level = start_percent
        settling = waste.settles_per_day * sum(_SETTLE_PERCENT) / 2
        self._jumps_per_day = (percent_per_day + settling) / waste.jump_percent
        self._next_jump_s = self._next(start_s, self._jumps_per_day * rhythm.peak)
        self._next_settle_s = self._next(start_s, waste.settles_per_day)

    def level_percent(self, at_s: float) -> float:
        """How full the bin truly is. Ask in the order of time."""
        while (event_s := min(self._next_jump_s, self._next_settle_s)) <= at_s:
            if event_s == self._next_jump_s:
                self._maybe_jump(event_s)
            else:
                self._settle(event_s)
        return self._level

    def empty(self, at_s: float, residual_percent: float) -> float:
        """Somebody empties the bin; returns the level it had."""
        before = self.level_percent(at_s)
        self._level = min(before, residual_percent)
        return before

    def _maybe_jump(self, at_s: float) -> None:
        """Thinning: candidates come at the peak rate, and are taken as the hour is busy."""
        peak = self._rhythm.peak
        if self._rng.random() * peak < self._rhythm.at(at_s):
            self._level = min(OVERFLOW_PERCENT, self._level + self._jump())
        self._next_jump_s = self._next(at_s, self._jumps_per_day * peak)

    def _jump(self) -> float:
        shape = 1 / self._waste.jump_cv**2
        return self._rng.gammavariate(shape, self._waste.jump_percent / shape)

    def _settle(self, at_s: float) -> None:
        if self._level > _SETTLES_ABOVE_PERCENT:
            self._level -= self._rng.uniform(*_SETTLE_PERCENT)
        self._next_settle_s = self._next(at_s, self._waste.settles_per_day)

    def _next(self, after_s: float, per_day: float) -> float:
        if per_day <= 0:
            return math.inf
        return after_s + self._rng.expovariate(per_day / _DAY_S)
