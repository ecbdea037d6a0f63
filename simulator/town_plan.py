"""What a scenario says, as frozen values: the places, the people, and what goes wrong how often."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle on the map, in degrees; every position of the town lies in it."""

    south: float
    north: float
    west: float
    east: float

    def holds(self, lat: float, lon: float) -> bool:
        """Whether the point lies inside."""
        return self.south <= lat <= self.north and self.west <= lon <= self.east


@dataclass(frozen=True, slots=True)
class SimSite:
    """The haltes of one kecamatan. `start_hour` (local) is a good hour for a run to begin."""

    id: str
    name: str
    utc_offset_s: int
    start_hour: int
    note: str


@dataclass(frozen=True, slots=True)
class SimZone:
    """The haltes a collector serves."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class SimHalte:
    """A collection point. `busy` multiplies how fast its bins fill."""

    id: str
    name: str
    zone: str
    lat: float
    lon: float
    wastes: tuple[str, ...]
    market: bool = False
    busy: float = 1.0


@dataclass(frozen=True, slots=True)
class SimBin:
    """A bin and the device that hangs on it. Distances are from the sensor down."""

    id: str
    halte: str
    waste: str
    device: str
    empty_mm: int
    full_mm: int
    blind_mm: int
    cadence_s: int
    percent_per_day: float
    start_percent: float

    def distance_mm(self, fill_percent: float) -> float:
        """How far below the sensor the waste lies."""
        return self.empty_mm - fill_percent / 100 * (self.empty_mm - self.full_mm)


@dataclass(frozen=True, slots=True)
class SimCollector:
    """Who comes, for what, and how dependably. Times are town seconds, hours local."""

    id: str
    name: str
    language: str
    zones: tuple[str, ...]
    wastes: tuple[str, ...]
    webhook: bool
    reaction_s: int
    drive_s: int
    late_share: float
    never_share: float
    no_access_share: float
    from_hour: int
    to_hour: int


@dataclass(frozen=True, slots=True)
class Geometry:
    """The containers: two kinds, as found in the field, and where the sensor hangs."""

    common_empty_mm: int
    common_spread_mm: int
    low_share: float
    low_from_mm: int
    low_to_mm: int
    full_mm: int
    blind_mm: int


@dataclass(frozen=True, slots=True)
class WasteFill:
    """How a kind of waste arrives: a compound Poisson flow with gamma jumps, and settling."""

    percent_per_day: float
    between_bins_cv: float
    jump_percent: float
    jump_cv: float
    settles_per_day: float
    rhythm: str


@dataclass(frozen=True, slots=True)
class RhythmPlan:
    """24 weights of the hours and 7 of the days, Monday first; only their shape matters."""

    hours: tuple[float, ...]
    weekdays: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class StartLevels:
    """Where bins stand when the run begins; `soon` of the fast ones stand just below a pickup."""

    low_percent: float
    high_percent: float
    soon: int
    soon_low_percent: float
    soon_high_percent: float


@dataclass(frozen=True, slots=True)
class FillPlan:
    """How bins fill. Residual is what an emptying leaves."""

    wastes: dict[str, WasteFill]
    rhythms: dict[str, RhythmPlan]
    start: StartLevels
    market_days: tuple[str, ...]
    market_factor: float
    residual_low_percent: float
    residual_high_percent: float


@dataclass(frozen=True, slots=True)
class SensorPlan:
    """What sensors do wrong. Shares are of readings unless they say `of_devices`."""

    quantise_mm: int
    sigma_mm: float
    ping_sigma_mm: float
    ping_miss_share: float
    mid_of_devices: float
    noisy_of_devices: float
    dead_of_devices: float
    spike_share_clean: float
    spike_share_mid: float
    spike_share_noisy: float
    no_echo_share: float
    ghost_enter_mid: float
    ghost_enter_noisy: float
    ghost_leave: float
    ghost_latch_share: float
    ghost_latch_days: float
    obstacle_mm: int
    obstacle_spread_mm: int


@dataclass(frozen=True, slots=True)
class OutagePlan:
    """Silences: how many a year, how long. A run begins with `free_s` seconds without one."""

    per_year: float
    shortest_h: float
    median_h: float
    longest_h: float
    free_s: int


@dataclass(frozen=True, slots=True)
class RadioPlan:
    """What happens on the air. `ack_loss_share` of the losses: it arrived, the PUBACK did not."""

    loss_low: float
    loss_median: float
    loss_high: float
    loss_spread: float
    loss_again: float
    ack_loss_share: float
    duplicate_share: float
    device_outages: OutagePlan
    network_outages: OutagePlan


@dataclass(frozen=True, slots=True)
class DevicePlan:
    """How nodes behave. Delivered but not acknowledged goes again after `resend_after_wakes`."""

    cadence_s: int
    pings: int
    keep: int
    batch: int
    resend_after_wakes: int
    resets_per_year: float


@dataclass(frozen=True, slots=True)
class Scenario:
    """A whole town. The same seed makes the same town and the same faults."""

    name: str
    seed: int
    site: SimSite
    box: Box
    zones: tuple[SimZone, ...]
    haltes: tuple[SimHalte, ...]
    bins: tuple[SimBin, ...]
    collectors: tuple[SimCollector, ...]
    fill: FillPlan
    sensor: SensorPlan
    radio: RadioPlan
    device: DevicePlan

    def starts_at_s(self, near_s: float) -> int:
        """The latest `start_hour` of the site that is not after `near_s`, in Unix seconds."""
        local_s = int(near_s) + self.site.utc_offset_s
        opened_s = local_s - local_s % 86_400 + self.site.start_hour * 3600
        if opened_s > local_s:
            opened_s -= 86_400
        return opened_s - self.site.utc_offset_s
