"""A town of many bins, folded by the real rules, as the lines that the sink writes."""

from collections.abc import Iterator
from typing import Final

from jemput.entry import Act, ActKind, Changed, Event, Link
from jemput.facts import Facts
from jemput.fold.admission import Heard, admit
from jemput.fold.fold import Fold
from jemput.fold.state import GroupState
from jemput.payload import WireMessage, WireReading
from jemput.pickup import Pickup, State
from jemput.points import line
from jemput.reading import Clock, Quality
from jemput.registry import Bind, Change, PutBin, PutCollector, PutHalte, PutSite, PutZone
from jemput.things import Bin, Collector, Halte, Site, Zone
from tests.builders import EPOCH, SHAPE, distance_mm

SITES: Final = 20
WASTES: Final = ("organic", "plastic", "residual", "paper", "glass")
AT_ONCE: Final = 500
"""Readings of an entry."""
HOT, TILTED, SILENT, LOSES = 5, 17, 29, 41
"""Of each 97 bins one is wrong in such a way."""
FETCH_S: Final = 5400
NEXT: Final[dict[State, ActKind]] = {State.REQUESTED: "alerted", State.ALERTED: "accept"}


class Town:
    """Bins in twenty sites that fill in one to four days, and are fetched; some are missed."""

    def __init__(self, bins: int, cadence_s: int, start_s: int, mark: str) -> None:
        self.mark = mark
        self.start_s = start_s
        self.cadence_s = cadence_s
        self.bins = [f"b{number:05}{mark}" for number in range(bins)]
        self.emptied_s = [start_s - number * 977 % 172_800 for number in range(bins)]
        self.readings = 0
        self._fold = Fold()
        self._facts = Facts(GroupState())

    @property
    def sites(self) -> tuple[str, ...]:
        """Their ids."""
        return tuple(f"site-{number:02}{self.mark}" for number in range(SITES))

    def lines(self, hours: int) -> Iterator[bytes]:
        """So many hours of it."""
        changes = [Changed(one) for one in self._changes()]
        yield from self._take(self.start_s, [], (*changes, Link(up=True)))
        for step in range(hours * 3600 // self.cadence_s):
            for first in range(0, len(self.bins), AT_ONCE):
                numbers = [
                    number
                    for number in range(first, min(first + AT_ONCE, len(self.bins)))
                    if number % 97 != SILENT or step < 12
                ]
                offset_s = self.cadence_s * first // len(self.bins)
                now_s = self.start_s + (step + 1) * self.cadence_s + offset_s
                heard = [self._heard(number, step, now_s) for number in numbers]
                acts = tuple(act for number in numbers for act in self._acts(number, now_s))
                yield from self._take(now_s, heard, acts)

    def _take(self, now_s: int, heard: list[Heard], events: tuple[Event, ...]) -> Iterator[bytes]:
        admission = admit(self._fold.state, now_s * 1000, heard, (), events)
        entry = self._fold.fold(admission.intake, EPOCH)
        self.readings += len(entry.readings)
        yield from (one.encode() for one in self._facts.take(entry))
        for one in entry.readings:
            yield line(one, self._facts.place_of(one)).encode()

    def _changes(self) -> Iterator[Change]:
        """A halte of five bins, one for each kind of waste; one collector for all."""
        for site in self.sites:
            yield PutSite(Site(site, site.title()))
        haltes = []
        for number in range(-(-len(self.bins) // len(WASTES))):
            haltes.append(f"h{number:05}{self.mark}")
            lat, lon = 3.5 + number // 50 * 1e-3, 98.8 + number % 50 * 1e-3
            site = self.sites[number % SITES]
            yield PutHalte(Halte(haltes[-1], site, f"Halte {number}", lat, lon))
        yield PutZone(Zone("zone", "Zone", tuple(haltes)))
        yield PutCollector(Collector("asep", "Asep", ("zone",)))
        for number, bin_id in enumerate(self.bins):
            halte, waste = haltes[number // len(WASTES)], WASTES[number % len(WASTES)]
            yield PutBin(Bin(bin_id, halte, waste, SHAPE, self.cadence_s))
            yield Bind(f"d-{bin_id}", bin_id, 0)

    def _heard(self, number: int, step: int, now_s: int) -> Heard:
        fill_s = 86_400 + number * 7919 % 259_200
        level = min(99, (now_s - self.emptied_s[number]) * 100 // fill_s)
        chance = (number * 31 + step * 17) % 101
        if chance == 0:
            level = 5  # a ghost
        is_fault = chance in {1, 2}
        ails = number % 97 if step > 12 else 0
        lost = 3 if ails == LOSES else 0
        reading = WireReading(
            boot=1,
            seq=step + 1 + lost,
            at=now_s,
            clock=Clock.NTP,
            quality=Quality.NO_ECHO if is_fault else Quality.OK,
            distance_mm=None if is_fault else distance_mm(level),
            echoes=7,
            spread_mm=6,
            temperature_c=88 if ails == HOT else 28 + chance % 9,
            battery_mv=4100 - number % 900 - step // 40,
            rssi_dbm=-60 - number % 31,
            tilt_deg=80 if ails == TILTED else 2,
        )
        return Heard(f"d-{self.bins[number]}", WireMessage(1, (reading,), ((1, step + 1 + lost),)))

    def _acts(self, number: int, now_s: int) -> Iterator[Act]:
        """One of nine is never fetched."""
        state = self._fold.state.bins.get(self.bins[number])
        pickup = state.pickup if state else None
        if pickup is None:
            return
        kind = NEXT.get(pickup.state)
        if kind is None and pickup.state is State.ACCEPTED and number % 9:
            kind = self._fetched(number, pickup, now_s)
        if kind is not None:
            yield Act(kind, pickup.id, self.bins[number], "asep", now_s * 1000)

    def _fetched(self, number: int, pickup: Pickup, now_s: int) -> ActKind | None:
        if now_s - pickup.opened_ms // 1000 < FETCH_S:
            return None
        self.emptied_s[number] = now_s
        return "collect"
