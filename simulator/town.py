"""The town itself: how full every bin truly is. Nobody but the sensors and the crews may know."""

from simulator.chance import chance
from simulator.filling import Filling, make_rhythm
from simulator.town_plan import Scenario, SimBin, SimHalte


class Town:
    """All bins of a scenario, from `start_s` (Unix seconds of town time) on."""

    def __init__(self, scenario: Scenario, start_s: float) -> None:
        self.utc_offset_s = scenario.site.utc_offset_s
        haltes = {halte.id: halte for halte in scenario.haltes}
        self._fillings = {
            bin_.id: _filling(scenario, bin_, haltes[bin_.halte], start_s) for bin_ in scenario.bins
        }

    def level_percent(self, bin_id: str, at_s: float) -> float:
        """How full the bin is; ask in the order of time."""
        return self._fillings[bin_id].level_percent(at_s)

    def knows(self, bin_id: str) -> bool:
        """Whether the bin stands in this town."""
        return bin_id in self._fillings

    def empty(self, bin_id: str, at_s: float, residual_percent: float) -> float:
        """Empty the bin but for a residue; returns the level it had."""
        return self._fillings[bin_id].empty(at_s, residual_percent)


def _filling(scenario: Scenario, bin_: SimBin, halte: SimHalte, start_s: float) -> Filling:
    fill = scenario.fill
    waste = fill.wastes[bin_.waste]
    plan = fill.rhythms[waste.rhythm]
    return Filling(
        chance(scenario.seed, "fill", bin_.id),
        waste,
        make_rhythm(plan, fill, scenario.site.utc_offset_s, market=halte.market),
        percent_per_day=bin_.percent_per_day,
        start_percent=bin_.start_percent,
        start_s=start_s,
    )
