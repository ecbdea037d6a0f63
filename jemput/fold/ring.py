"""A bin's newest samples, in event time."""

from bisect import bisect_left

from jemput.emptying import Level
from jemput.fold.state import RING, BinState, Sample
from jemput.geometry import Geometry, fill_percent
from jemput.reading import Quality, Reading


def raw_level(reading: Reading, geometry: Geometry | None) -> int | None:
    """The raw level in per cent; None where the reading is a fault or the bin has no shape.

    Nearer than the sensor can see is full.
    """
    if reading.quality is Quality.BLIND:
        return 100
    if reading.distance_mm is None or geometry is None:
        return None
    return fill_percent(geometry, reading.distance_mm)


def sample_of(reading: Reading, fill: int | None) -> Sample:
    """What the rules need of a reading."""
    return Sample(
        reading.at_s,
        reading.device,
        reading.boot,
        reading.seq,
        fill,
        reading.tilt_deg,
        reading.temperature_c,
        reading.battery_mv,
    )


def insert(state: BinState, sample: Sample) -> bool:
    """Put a sample into its place; True where it became the newest.

    One older than the whole ring is history only.
    """
    ring = state.ring
    if not ring or sample.at_s > ring[-1].at_s or sample > ring[-1]:
        ring.append(sample)
        if len(ring) > RING:
            del ring[:-RING]
        return True
    if len(ring) < RING or sample > ring[0]:
        ring.insert(bisect_left(ring, sample), sample)
        del ring[:-RING]
    return False


def levels(state: BinState, count: int) -> list[Level]:
    """The last `count` raw levels, oldest first, faults left out."""
    return [
        Level(one.at_s, one.fill_percent) for one in state.ring if one.fill_percent is not None
    ][-count:]


def fills(state: BinState, count: int) -> list[int]:
    """The same without their times, of at least one; mostly there is no fault among them."""
    found = [one.fill_percent for one in state.ring[-count:] if one.fill_percent is not None]
    if len(found) == count or len(state.ring) <= count:
        return found
    return [one.fill_percent for one in state.ring if one.fill_percent is not None][-count:]
