"""What an ultrasonic sensor makes of a surface: its grain, its noise, and its lies.

Numbers come from recorded deployments, where the pings of one wake always agreed:
so a spike or a ghost echo belongs to the whole wake, and no median inside it helps.
"""

import math
import random
from dataclasses import dataclass
from enum import StrEnum

from simulator.chance import lognormal
from simulator.town_plan import SensorPlan

_DAY_S = 86_400
_MONTH_S = 30.44 * _DAY_S
_SPIKE_MM = (180.0, 700.0)
_NEAREST_MM = 20.0
_DEVICE_CV = 0.5
_DEAD_SHARE = 0.98
_ROUGH_SHARE, _ROUGH = 0.04, 5  # wind and insects: the few idle steps of two grains


class SensorClass(StrEnum):
    """How good a device is at its place; over half of a professional deployment is not clean."""

    CLEAN = "clean"
    MID = "mid"
    NOISY = "noisy"
    DEAD = "dead"


@dataclass(frozen=True, slots=True)
class Habits:
    """The numbers of one device, drawn once. Shares and chances are per reading."""

    kind: SensorClass
    sigma_mm: float
    spike_share: float
    no_echo_share: float
    ghost_enter: float
    obstacle_mm: float
    battery_mv: int
    rssi_dbm: int
    tilt_deg: int


def draw_habits(rng: random.Random, plan: SensorPlan) -> Habits:
    """The device's class and its numbers."""
    kind = _draw_class(rng, plan)
    spikes = {
        SensorClass.CLEAN: plan.spike_share_clean,
        SensorClass.MID: plan.spike_share_mid,
        SensorClass.NOISY: plan.spike_share_noisy,
    }
    ghosts = {SensorClass.MID: plan.ghost_enter_mid, SensorClass.NOISY: plan.ghost_enter_noisy}
    return Habits(
        kind=kind,
        sigma_mm=lognormal(rng, plan.sigma_mm, 0.2),
        spike_share=_varied(rng, spikes.get(kind, 0.0)),
        no_echo_share=_DEAD_SHARE if kind is SensorClass.DEAD else plan.no_echo_share,
        ghost_enter=_varied(rng, ghosts.get(kind, 0.0)),
        obstacle_mm=rng.gauss(plan.obstacle_mm, plan.obstacle_spread_mm),
        battery_mv=rng.randint(3560, 3670),
        rssi_dbm=round(min(-85, rng.gauss(-114, 8))),
        tilt_deg=rng.choice((0, 1, 1, 2, 2, 2, 3, 4)),
    )


def _draw_class(rng: random.Random, plan: SensorPlan) -> SensorClass:
    draw = rng.random()
    for kind, share in (
        (SensorClass.DEAD, plan.dead_of_devices),
        (SensorClass.NOISY, plan.noisy_of_devices),
        (SensorClass.MID, plan.mid_of_devices),
    ):
        if draw < share:
            return kind
        draw -= share
    return SensorClass.CLEAN


def _varied(rng: random.Random, mean: float) -> float:
    """A share around `mean` that differs between devices; its mean over devices stays `mean`."""
    if mean <= 0:
        return 0.0
    return min(0.9, lognormal(rng, mean / math.sqrt(1 + _DEVICE_CV**2), _DEVICE_CV))


class Sensor:
    """One device's view. `look` once per wake, then `ping_mm` as often as the node likes."""

    def __init__(self, rng: random.Random, plan: SensorPlan, habits: Habits) -> None:
        self.habits = habits
        self._rng = rng
        self._plan = plan
        self._ghost_until_s: float | None = None
        self._in_ghost = False
        self._scene_mm: float | None = None

    def look(self, true_mm: float, at_s: float) -> None:
        """A wake begins: decide what this measurement will see of a surface at `true_mm`."""
        self._in_ghost = self._ghost_now(at_s)
        if self._rng.random() < self.habits.no_echo_share:
            self._scene_mm = None
            return
        seen_mm = min(true_mm, self.habits.obstacle_mm) if self._in_ghost else true_mm
        if self._rng.random() < self.habits.spike_share:
            seen_mm += self._rng.choice((-1, 1)) * self._rng.uniform(*_SPIKE_MM)
        self._scene_mm = seen_mm + self._noise_mm()

    def ping_mm(self) -> int | None:
        """One echo in millimetres, or None where none came back."""
        if self._scene_mm is None or self._rng.random() < self._plan.ping_miss_share:
            return None
        seen_mm = max(_NEAREST_MM, self._rng.gauss(self._scene_mm, self._plan.ping_sigma_mm))
        grain = self._plan.quantise_mm
        return round(seen_mm / grain) * grain

    def battery_mv(self, running_s: float) -> int:
        """The battery after `running_s` of use: 4 mV less each month, and a little noise."""
        return round(self.habits.battery_mv - 4 * running_s / _MONTH_S + self._rng.gauss(0, 2))

    def temperature_c(self, local_s: float) -> int:
        """Under a lid in the lowlands: 24 degrees at dawn, 32 after noon."""
        turn = 2 * math.pi * (local_s % _DAY_S / _DAY_S - 8.5 / 24)
        return round(28 + 4 * math.sin(turn) + self._rng.gauss(0, 0.7))

    def rssi_dbm(self) -> int:
        """Signal strength at the gateway."""
        return round(self._rng.gauss(self.habits.rssi_dbm, 3))

    def tilt_deg(self) -> int:
        """How far the lid hangs from level."""
        return self.habits.tilt_deg

    def _noise_mm(self) -> float:
        rough = self._rng.random() < _ROUGH_SHARE
        return self._rng.gauss(0, self.habits.sigma_mm * (_ROUGH if rough else 1))

    def _ghost_now(self, at_s: float) -> bool:
        """Two states, entered and left by chance; now and then it stays for days."""
        if self._ghost_until_s is not None and at_s < self._ghost_until_s:
            return True
        self._ghost_until_s = None
        if self._in_ghost:
            return self._rng.random() >= self._plan.ghost_leave
        if self._rng.random() >= self.habits.ghost_enter:
            return False
        if self._rng.random() < self._plan.ghost_latch_share:
            days = self._rng.expovariate(1 / self._plan.ghost_latch_days)
            self._ghost_until_s = at_s + days * _DAY_S
        return True
