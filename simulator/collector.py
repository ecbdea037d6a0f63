"""A simulated collector: hears an alert, says yes, drives, empties, and says so. Mostly.

alert ─▶ (never | later | soon) ─▶ accept ─▶ drive ─▶ empty the bin ─▶ collect
                                      └─ 409: somebody else goes    └─ or: no access
"""

import asyncio
import random
import time
from dataclasses import dataclass, field

from simulator.alert import Alert, AlertError, CalledPickup, read_alert
from simulator.chance import lognormal
from simulator.clock import TownClock
from simulator.pickup_api import Answer, PickupApi
from simulator.tally import Tally
from simulator.town import Town
from simulator.town_plan import FillPlan, SimCollector

_LATE_FACTOR = 8
_SPREAD = 0.4
_HOUR_S, _DAY_S = 3600, 86_400


@dataclass(slots=True)
class Collector:
    """One collector with one truck: it goes to its pickups one after the other."""

    plan: SimCollector
    fill: FillPlan
    town: Town
    clock: TownClock
    api: PickupApi
    tally: Tally
    rng: random.Random
    jobs: asyncio.TaskGroup
    _seen: set[str] = field(init=False, default_factory=set)
    _called_to: set[str] = field(init=False, default_factory=set)
    _withdrawn: set[str] = field(init=False, default_factory=set)
    _truck: asyncio.Lock = field(init=False, default_factory=asyncio.Lock)

    def hear(self, body: bytes) -> None:
        """An alert came in; one whose key is known changes nothing. Raises `AlertError`."""
        try:
            alert = read_alert(body)
        except AlertError:
            self.tally.alerts_refused += 1
            raise
        if alert.key in self._seen:
            self.tally.alerts_repeated += 1
            return
        self._seen.add(alert.key)
        self.tally.alerts_received += 1
        self._heed(alert)

    def _heed(self, alert: Alert) -> None:
        if alert.kind == "withdrawn":
            self._withdrawn.update(called.pickup for called in alert.pickups)
        if alert.kind != "pickup":
            self.tally.alerts_informative += alert.kind != "withdrawn"
            return
        if self.tally.first_alert_wall_s is None:
            self.tally.first_alert_wall_s = time.time()
        for called in alert.pickups:
            if called.pickup not in self._called_to:
                self._called_to.add(called.pickup)
                self.jobs.create_task(self._answer(called), name=f"pickup {called.pickup}")

    async def _answer(self, called: CalledPickup) -> None:
        if self.rng.random() < self.plan.never_share:
            self.tally.ignored += 1
            return
        await self.clock.sleep_until(self._reacts_at_s(self.clock.now_s()))
        if called.pickup in self._withdrawn:
            return
        if self._is_done(await self.api.accept(called.pickup)):
            self.tally.accepted += 1
            async with self._truck:
                await self._fetch(called)

    async def _fetch(self, called: CalledPickup) -> None:
        drive_s = lognormal(self.rng, self.plan.drive_s, _SPREAD)
        await self.clock.sleep_until(self.clock.now_s() + drive_s)
        if self.rng.random() < self.plan.no_access_share:
            failed = await self.api.fail(called.pickup, "no_access")
            self.tally.failed += self._is_done(failed)
            return
        self._empty(called.bin)
        self.tally.collected += self._is_done(await self.api.collect(called.pickup))

    def _empty(self, bin_id: str) -> None:
        if not self.town.knows(bin_id):
            return
        residual = self.rng.uniform(self.fill.residual_low_percent, self.fill.residual_high_percent)
        self.town.empty(bin_id, self.clock.now_s(), residual)
        self.tally.emptied += 1

    def _is_done(self, answer: Answer) -> bool:
        self.tally.refused += answer is Answer.REFUSED
        return answer is Answer.DONE

    def _reacts_at_s(self, now_s: float) -> float:
        delay_s = lognormal(self.rng, self.plan.reaction_s, _SPREAD)
        if self.rng.random() < self.plan.late_share:
            delay_s *= _LATE_FACTOR
        return at_work_s(self.plan, now_s + delay_s, self.town.utc_offset_s)


def at_work_s(plan: SimCollector, at_s: float, utc_offset_s: int) -> float:
    """The first moment from `at_s` on within the collector's local hours."""
    local_s = at_s + utc_offset_s
    of_day_s = local_s % _DAY_S
    if of_day_s < plan.from_hour * _HOUR_S:
        return at_s + plan.from_hour * _HOUR_S - of_day_s
    if of_day_s >= plan.to_hour * _HOUR_S:
        return at_s + _DAY_S + plan.from_hour * _HOUR_S - of_day_s
    return at_s
