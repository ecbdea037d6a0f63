"""From a distance to a fill level: what the shape of a bin makes of an echo."""

from typing import Final

from msgspec import Struct

MIN_SPAN_MM: Final = 50
BEYOND_EMPTY_PERCENT: Final = 15


class BadGeometryError(ValueError):
    """A geometry that cannot give a level; the message says what to change."""


class Geometry(Struct, frozen=True, array_like=True):
    """Distances from the sensor: to the bottom (`empty_mm`) and to the rim of full (`full_mm`).

    At or nearer than `blind_mm` the sensor cannot tell; the bin counts as full there.
    """

    empty_mm: int
    full_mm: int
    blind_mm: int = 0

    def __post_init__(self) -> None:
        """Refuse what would divide by nothing or turn full and empty round."""
        if self.full_mm < 0 or self.blind_mm < 0:
            raise BadGeometryError("distances are counted from the sensor: none is below 0 mm")
        if self.empty_mm - self.full_mm < MIN_SPAN_MM:
            message = (
                f"empty_mm ({self.empty_mm}) must be at least {MIN_SPAN_MM} mm more than "
                f"full_mm ({self.full_mm}): measure from the sensor to the empty bottom"
            )
            raise BadGeometryError(message)
        if self.blind_mm >= self.empty_mm:
            raise BadGeometryError("blind_mm reaches the bottom: mount the sensor higher")


def fill_percent(geometry: Geometry, distance_mm: int) -> int | None:
    """Fill level, 0 to 100, half up; None where the echo came from beyond the bottom.

    A distance up to 15 % of the span beyond the bottom is a bin a little deeper
    than measured; farther than that it is no echo of this bin (lid open, bin moved).
    """
    if distance_mm <= geometry.blind_mm:
        return 100
    span_mm = geometry.empty_mm - geometry.full_mm
    filled_mm = geometry.empty_mm - distance_mm
    if filled_mm * 100 < -BEYOND_EMPTY_PERCENT * span_mm:
        return None
    percent = (200 * filled_mm + span_mm) // (2 * span_mm)
    return min(100, max(0, percent))
