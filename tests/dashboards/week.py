"""A week of an invented town of two sites, folded by the real rules; everything happens once."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from jemput.entry import Entry
from jemput.fold.admission import Heard
from jemput.payload import WireMessage, WireReading
from jemput.reading import Clock, Quality
from jemput.registry import (
    Bind,
    Change,
    PutBin,
    PutCollector,
    PutHalte,
    PutSite,
    PutZone,
    Retire,
)
from jemput.store.influx import InfluxTarget
from jemput.things import Bin, Collector, Halte, Site, Zone
from tests.builders import HOUR_S, SHAPE, START_S, Feed, distance_mm
from tests.dashboards.grafana import Asking

SITES: Final = ("coblong", "lubuk-pakam")
WASTES: Final = ("organic", "plastic", "residual")
RETIRED_H: Final = 7 * 24 - 6
HOURS: Final = 7 * 24
END_S: Final = START_S + HOURS * HOUR_S
FILL_HOURS: Final = {"organic": 20, "plastic": 36, "residual": 28}


class Week:
    """A reading an hour of each bin; Asep comes, sometimes late, and once not at all.

    `mark` makes its names its own. `retired` was full when it was taken away, before the end.
    """

    def __init__(self, start_s: int = START_S, mark: str = "") -> None:
        self.start_s = start_s
        self.end_s = start_s + HOURS * HOUR_S
        self.sites = tuple(f"{site}{mark}" for site in SITES)
        self.bins = {f"{site}-{waste}": (site, waste) for site in self.sites for waste in WASTES}
        self.retired = f"{self.sites[0]}-organic-old"
        self.feed = Feed(self._changes(mark), start_s)
        self.emptied_h = dict.fromkeys(self.bins, 0)
        self.trips = 0
        for hour in range(1, HOURS):
            self._hour(hour)

    @property
    def entries(self) -> list[Entry]:
        """All of them."""
        return self.feed.entries

    def _changes(self, mark: str) -> Iterator[Change]:
        """Lubuk Pakam has nobody, so its calls escalate."""
        for index, site in enumerate(self.sites):
            place = f"halte-{index}{mark}"
            yield PutSite(Site(site, site.title()))
            yield PutHalte(Halte(place, site, f'Halte "{index}"', 3.5 + index, 98.8))
        yield PutZone(Zone("north", "North", (f"halte-0{mark}",)))
        yield PutCollector(Collector("asep", "Asep", ("north",)))
        for bin_id, (site, waste) in {
            **self.bins,
            self.retired: (self.sites[0], WASTES[0]),
        }.items():
            place = f"halte-{self.sites.index(site)}{mark}"
            yield PutBin(Bin(bin_id, place, waste, SHAPE, HOUR_S))
            yield Bind(f"d-{bin_id}", bin_id, 0)

    def _hour(self, hour: int) -> None:
        self.feed.now_s = self.start_s + hour * HOUR_S
        self.feed.take(
            *(self._heard(bin_id, hour) for bin_id in self.bins if self._speaks(bin_id, hour))
        )
        for bin_id in self.bins:
            self._collect(bin_id, hour)
        self._fade(hour)

    def _fade(self, hour: int) -> None:
        """The retired bin is full in its last hours."""
        if RETIRED_H - 5 <= hour < RETIRED_H:
            self.feed.say(97, self.retired)
        elif hour == RETIRED_H:
            self.feed.change(Retire("bin", self.retired, self.feed.now_s))

    def _speaks(self, bin_id: str, hour: int) -> bool:
        """One falls silent on the last day."""
        return bin_id != f"{self.sites[0]}-plastic" or hour < HOURS - 30

    def _level(self, bin_id: str, hour: int) -> int:
        """Stays overfull until it is fetched."""
        full_h = FILL_HOURS[self.bins[bin_id][1]]
        return min(99, (hour - self.emptied_h[bin_id]) * 100 // full_h)

    def _heard(self, bin_id: str, hour: int) -> Heard:
        site, waste = self.bins[bin_id]
        quality = self._quality(bin_id, hour)
        ghost = waste == "organic" and hour % 17 == 0
        level = 5 if ghost else self._level(bin_id, hour)
        hot, tilted = (site == self.sites[0] and waste == "residual"), waste == "plastic"
        late = hour >= HOURS - 12
        seq = hour if hour < HOURS // 2 or waste != "residual" else hour + 5
        reading = WireReading(
            boot=1,
            seq=seq,
            at=self.feed.now_s,
            clock=Clock.NTP,
            quality=quality,
            distance_mm=distance_mm(level) if quality in {Quality.OK, Quality.UNSTABLE} else None,
            echoes=7,
            spread_mm=6,
            temperature_c=85 if hot and late else 31,
            battery_mv=3900 - hour * (4 if waste == "plastic" else 1),
            rssi_dbm=-70 - hour % 13,
            tilt_deg=80 if tilted and late else 2,
        )
        kept = ((1, HOURS // 2 + 5),) if seq != hour else ()
        return Heard(f"d-{bin_id}", WireMessage(1, (reading,), kept))

    def _quality(self, bin_id: str, hour: int) -> Quality:
        faults = tuple(one for one in Quality if one is not Quality.OK)
        return faults[hour // 11 % len(faults)] if (hour + len(bin_id)) % 11 == 0 else Quality.OK

    def _collect(self, bin_id: str, hour: int) -> None:
        pickup = self.feed.pickup(bin_id)
        if pickup is None or self.bins[bin_id][0] != self.sites[0] or hour >= HOURS - 24:
            return
        self.trips += 1
        self.feed.act("alerted", bin_id)
        self.feed.pass_s(300)
        self.feed.act("accept", bin_id)
        self.feed.pass_s(60 * (self.trips % 20 + 5))
        if self.trips % 5 == 0:
            self.feed.act("fail", bin_id)
            return
        self.feed.act("collect", bin_id)
        self.emptied_h[bin_id] = hour


@dataclass(frozen=True)
class WeekThere:
    """A week, the server that holds it, and how all of it is asked for."""

    target: InfluxTarget
    week: Week
    whole: Asking
