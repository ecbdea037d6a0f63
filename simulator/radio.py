"""What happens between a bin and the broker: lost frames, doubled ones, and silence."""

import math
import random
from enum import StrEnum

from simulator.town_plan import OutagePlan, RadioPlan

_HOUR_S, _YEAR_S = 3600.0, 365.25 * 86_400
_OUTAGE_SPREAD = 0.8


class Fate(StrEnum):
    """What becomes of one transmission."""

    ARRIVES = "arrives"
    LOST = "lost"
    ACK_LOST = "ack_lost"
    TWICE = "twice"


class Outages:
    """Times of silence, drawn as far ahead as somebody asks. Ask in the order of time."""

    def __init__(self, rng: random.Random, plan: OutagePlan, start_s: float) -> None:
        self._rng = rng
        self._plan = plan
        self._from_s, self._to_s = self._after(start_s + plan.free_s)

    def silent(self, at_s: float) -> bool:
        """Whether nothing goes through at this moment."""
        while self._to_s <= at_s:
            self._from_s, self._to_s = self._after(self._to_s)
        return self._from_s <= at_s

    def _after(self, at_s: float) -> tuple[float, float]:
        plan = self._plan
        if plan.per_year <= 0:
            return math.inf, math.inf
        from_s = at_s + self._rng.expovariate(plan.per_year / _YEAR_S)
        drawn_h = plan.median_h * math.exp(self._rng.gauss(0, _OUTAGE_SPREAD))
        return from_s, from_s + _HOUR_S * min(plan.longest_h, max(plan.shortest_h, drawn_h))


class Radio:
    """One device's radio. Losses come in runs: `loss_again` is the chance of one after another."""

    def __init__(
        self, rng: random.Random, plan: RadioPlan, network: Outages, start_s: float
    ) -> None:
        self._rng = rng
        self._plan = plan
        self._network = network
        self._own = Outages(random.Random(rng.getrandbits(64)), plan.device_outages, start_s)
        drawn = plan.loss_median * math.exp(rng.gauss(0, plan.loss_spread))
        self.loss_share = min(plan.loss_high, max(plan.loss_low, drawn))
        self._losing = False

    def send(self, at_s: float) -> Fate:
        """What becomes of a transmission at this moment."""
        if self._network.silent(at_s) or self._own.silent(at_s):
            return Fate.LOST
        self._losing = self._rng.random() < self._loss_chance()
        if self._losing:
            back = self._rng.random() < self._plan.ack_loss_share
            return Fate.ACK_LOST if back else Fate.LOST
        if self._rng.random() < self._plan.duplicate_share:
            return Fate.TWICE
        return Fate.ARRIVES

    def _loss_chance(self) -> float:
        """The chance in a chain of two states whose long share of losses is `loss_share`."""
        share = self.loss_share
        if share <= 0 or share >= 1:
            return share
        again = max(self._plan.loss_again, 2 - 1 / share)  # below, the chain could not lose so much
        return again if self._losing else share * (1 - again) / (1 - share)
