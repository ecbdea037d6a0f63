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

_HIGHEST: Final = 2**31
Key = tuple[str, str]
"""Site, kind of waste."""


class _Sum:
    """What is summed up. Most readings know all, so it is counted what is missing."""

    __slots__ = (
        "above_call",
        "battery_min",
        "battery_sum",
        "faults",
        "ghosts",
        "level_sum",
        "overflowing",
        "readings",
        "rssi_min",
        "rssi_sum",
        "without_battery",
        "without_level",
        "without_signal",
    )

    def __init__(self) -> None:
        self.readings = self.without_level = self.without_battery = self.without_signal = 0
        self.level_sum = self.above_call = self.overflowing = self.ghosts = 0
        self.battery_sum = self.rssi_sum = 0
        self.battery_min = self.rssi_min = _HIGHEST
        self.faults: dict[Quality, int] = {}

    def add(self, reading: Reading, call_percent: int) -> None:
        self.readings += 1
        level, volts, rssi = reading.level_percent, reading.battery_mv, reading.rssi_dbm
        if level is None:
            self.without_level += 1
        else:
            self.level_sum += level
            if level >= call_percent:
                self.above_call += 1
            if level >= OVERFLOWING_PERCENT:
                self.overflowing += 1
            fill = reading.fill_percent
            if fill is not None and not -GHOST_PERCENT <= fill - level <= GHOST_PERCENT:
                self.ghosts += 1
        if volts is None:
            self.without_battery += 1
        else:
            self.battery_sum += volts
            self.battery_min = min(self.battery_min, volts)
        if rssi is None:
            self.without_signal += 1
        else:
            self.rssi_sum += rssi
            self.rssi_min = min(self.rssi_min, rssi)
        if reading.quality is not Quality.OK:
            self.faults[reading.quality] = self.faults.get(reading.quality, 0) + 1

    def fields(self) -> dict[str, Field]:
        batteries, signals = (
            self.readings - self.without_battery,
            self.readings - self.without_signal,
        )
        return {
            "readings": self.readings,
            "levels": self.readings - self.without_level,
            "level_sum": self.level_sum,
            "above_call": self.above_call,
            "overflowing": self.overflowing,
            "ghosts": self.ghosts,
            "batteries": batteries,
            "battery_sum": self.battery_sum,
            "battery_min": self.battery_min if batteries else None,
            "signals": signals,
            "rssi_sum": self.rssi_sum,
            "rssi_min": self.rssi_min if signals else None,
            **{one.value: self.faults.get(one, 0) for one in FAULTS},
        }


class Summary:
    """Sums of the running slot of entries' time.

    It is told once it is over, and only where it was followed from its beginning: so the lines
    are the same whoever follows.
    """

    def __init__(self, now_ms: int, *, is_beginning: bool) -> None:
        """Begin at a time; `is_beginning` where there is no entry before it."""
        self._slot = now_ms // SLOT_MS
        self._is_whole = is_beginning
        self._sums: dict[int, dict[Key, _Sum]] = {}
        """By slot of the readings' own time."""

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
        slot = reading.at_s // SLOT_S
        sums = self._sums.get(slot)
        if sums is None:
            sums = self._sums[slot] = {}
        found = sums.get(place.key)
        if found is None:
            found = sums[place.key] = _Sum()
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
            for slot, sums in sorted(self._sums.items())
            for (site, waste), one in sorted(sums.items())
        ]
