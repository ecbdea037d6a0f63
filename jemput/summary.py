"""Readings of ten minutes summed up for each site and kind of waste: 10,000 bins in a few rows.

A question about a town over time reads these. Sums and counts, so that they can be summed again:
a mean is the sum of sums through the sum of counts.
"""

from typing import Final

from jemput.line_protocol import Field, written
from jemput.points import TAG_SITE, TAG_WASTE, Place
from jemput.reading import Quality, Reading

SUMMARY: Final = "summary"
SLOT_S: Final = 600
SLOT_MS: Final = SLOT_S * 1000
OVERFLOWING_PERCENT: Final = 95
"""From here on waste lies beside the bin: a filtered level seldom reads a full hundred."""
GHOST_PERCENT: Final = 20
"""So far from the filtered level a raw one is an echo of something else."""
FAULTS: Final = tuple(one for one in Quality if one is not Quality.OK)

Key = tuple[int, str, str]
"""Slot of the readings' own time, site, kind of waste."""


class _Sum:
    """What is summed up; a least value is None until there is one."""

    __slots__ = (
        "above_call",
        "batteries",
        "battery_min",
        "battery_sum",
        "faults",
        "ghosts",
        "level_sum",
        "levels",
        "overflowing",
        "readings",
        "rssi_min",
        "rssi_sum",
        "signals",
    )

    def __init__(self) -> None:
        self.readings = self.levels = self.level_sum = 0
        self.above_call = self.overflowing = self.ghosts = 0
        self.batteries = self.battery_sum = self.signals = self.rssi_sum = 0
        self.battery_min: int | None = None
        self.rssi_min: int | None = None
        self.faults: dict[Quality, int] = {}

    def add(self, reading: Reading, call_percent: int) -> None:
        self.readings += 1
        level, fill = reading.level_percent, reading.fill_percent
        if level is not None:
            self.levels += 1
            self.level_sum += level
            self.above_call += level >= call_percent
            self.overflowing += level >= OVERFLOWING_PERCENT
            self.ghosts += fill is not None and abs(fill - level) > GHOST_PERCENT
        if reading.quality is not Quality.OK:
            self.faults[reading.quality] = self.faults.get(reading.quality, 0) + 1
        if (volts := reading.battery_mv) is not None:
            self.batteries += 1
            self.battery_sum += volts
            if self.battery_min is None or volts < self.battery_min:
                self.battery_min = volts
        if (rssi := reading.rssi_dbm) is not None:
            self.signals += 1
            self.rssi_sum += rssi
            if self.rssi_min is None or rssi < self.rssi_min:
                self.rssi_min = rssi

    def fields(self) -> dict[str, Field]:
        named: dict[str, Field] = {
            one: getattr(self, one) for one in self.__slots__ if one != "faults"
        }
        return {**named, **{one.value: self.faults.get(one, 0) for one in FAULTS}}


class Summary:
    """Sums of the running slot of entries' time.

    It is told once it is over, and only where it was followed from its beginning: so the lines
    are the same whoever follows.
    """

    def __init__(self, now_ms: int, *, is_beginning: bool) -> None:
        """Begin at a time; `is_beginning` where there is no entry before it."""
        self._slot = now_ms // SLOT_MS
        self._is_whole = is_beginning
        self._sums: dict[Key, _Sum] = {}

    def over(self, now_ms: int) -> list[str]:
        """Lines of the slot that ended before `now_ms`; nothing while it runs."""
        slot = now_ms // SLOT_MS
        if slot <= self._slot:
            return []
        lines = self._lines() if self._is_whole else []
        self._slot, self._is_whole, self._sums = slot, True, {}
        return lines

    def add(self, reading: Reading, place: Place) -> None:
        """Count a reading of a bin whose place is known."""
        key = reading.at_s // SLOT_S, place.site, place.waste
        found = self._sums.get(key)
        if found is None:
            found = self._sums[key] = _Sum()
        found.add(reading, place.call_percent)

    def _lines(self) -> list[str]:
        """What came late for a slot stands beside what was told of it before."""
        late = self._slot % 1_000_000
        return [
            written(
                SUMMARY,
                {TAG_SITE: site, TAG_WASTE: waste},
                one.fields(),
                slot * SLOT_S * 1_000_000_000 + late,
            )
            for (slot, site, waste), one in sorted(self._sums.items())
        ]
