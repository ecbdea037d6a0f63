"""The rule that puts bins at the haltes of a town: the same seed, the same bins."""

import random
from dataclasses import dataclass

from simulator.chance import chance, lognormal
from simulator.town_plan import DevicePlan, FillPlan, Geometry, SimBin, SimHalte

_FAST_PERCENT_PER_DAY = 20.0


@dataclass(frozen=True, slots=True)
class BinRule:
    """What bins are made from."""

    seed: int
    geometry: Geometry
    fill: FillPlan
    device: DevicePlan

    def bins(self, haltes: tuple[SimHalte, ...]) -> tuple[SimBin, ...]:
        """One bin for every waste of every halte, in the order of the file."""
        places = [(halte, waste) for halte in haltes for waste in halte.wastes]
        rates = [self._percent_per_day(halte, waste) for halte, waste in places]
        starts = self._starts(rates)
        return tuple(
            self._bin(f"dev-{number + 1:03d}", halte, waste, rates[number], starts[number])
            for number, (halte, waste) in enumerate(places)
        )

    def _bin(
        self, device: str, halte: SimHalte, waste: str, rate: float, start_percent: float
    ) -> SimBin:
        return SimBin(
            id=f"{halte.id}-{waste}",
            halte=halte.id,
            waste=waste,
            device=device,
            empty_mm=self._empty_mm(chance(self.seed, "depth", halte.id, waste)),
            full_mm=self.geometry.full_mm,
            blind_mm=self.geometry.blind_mm,
            cadence_s=self.device.cadence_s,
            percent_per_day=round(rate, 2),
            start_percent=round(start_percent, 1),
        )

    def _percent_per_day(self, halte: SimHalte, waste: str) -> float:
        kind = self.fill.wastes[waste]
        rng = chance(self.seed, "rate", halte.id, waste)
        return halte.busy * lognormal(rng, kind.percent_per_day, kind.between_bins_cv)

    def _starts(self, rates: list[float]) -> list[float]:
        """Some fast bins stand just below a pickup, or the first call would take hours."""
        start = self.fill.start
        rng = chance(self.seed, "start")
        fast = [number for number, rate in enumerate(rates) if rate >= _FAST_PERCENT_PER_DAY]
        levels = [rng.uniform(start.low_percent, start.high_percent) for _ in rates]
        for number in rng.sample(fast, min(start.soon, len(fast))):
            levels[number] = rng.uniform(start.soon_low_percent, start.soon_high_percent)
        return levels

    def _empty_mm(self, rng: random.Random) -> int:
        geometry = self.geometry
        if rng.random() < geometry.low_share:
            depth_mm = rng.uniform(geometry.low_from_mm, geometry.low_to_mm)
        else:
            depth_mm = rng.gauss(geometry.common_empty_mm, geometry.common_spread_mm)
        return int(round(depth_mm, -1))
