"""A reading as the host holds it: what a device measured, when, and what became of it."""

from enum import StrEnum
from typing import NamedTuple

from msgspec import Struct


class Quality(StrEnum):
    """What the device says of its own measurement. A fault is a quality, never a distance."""

    OK = "ok"
    UNSTABLE = "unstable"
    BLIND = "blind"
    NO_ECHO = "no_echo"
    STUCK_ECHO = "stuck_echo"
    TILTED = "tilted"


class Clock(StrEnum):
    """Where the device's time came from."""

    NTP = "ntp"
    RTC = "rtc"
    NONE = "none"


class TimeSource(StrEnum):
    """Whose time places the reading in history: the device's, or that of its arrival."""

    DEVICE = "device"
    ARRIVAL = "arrival"


class Identity(NamedTuple):
    """What makes a reading itself, for ever."""

    device: str
    boot: int
    seq: int


class Reading(Struct, frozen=True, array_like=True, gc=False):
    """One accepted reading, as the journal keeps it.

    `at_s` is Unix seconds. `distance_mm` is None where `quality` is a fault.
    `bin` is None while nobody knows which bin the device hangs on.
    `fill_percent` is the raw level, `level_percent` the filtered one; both are
    derived by the fold and None where they cannot be told.
    """

    device: str
    boot: int
    seq: int
    at_s: int
    time_source: TimeSource
    quality: Quality
    distance_mm: int | None
    echoes: int
    spread_mm: int
    temperature_c: int | None
    battery_mv: int | None
    rssi_dbm: int | None
    tilt_deg: int | None
    bin: str | None = None
    fill_percent: int | None = None
    level_percent: int | None = None

    def with_levels(self, bin_id: str, fill: int | None, level: int | None) -> "Reading":
        """The same reading of a known bin. By hand: it is made for every one of them."""
        return Reading(
            self.device,
            self.boot,
            self.seq,
            self.at_s,
            self.time_source,
            self.quality,
            self.distance_mm,
            self.echoes,
            self.spread_mm,
            self.temperature_c,
            self.battery_mv,
            self.rssi_dbm,
            self.tilt_deg,
            bin_id,
            fill,
            level,
        )

    @property
    def identity(self) -> Identity:
        """What makes this reading itself."""
        return Identity(self.device, self.boot, self.seq)
