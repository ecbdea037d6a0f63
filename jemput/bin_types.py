"""A catalogue of common bins, for whoever cannot measure theirs yet.

Distances are from a sensor under the lid. They are assumed from usual outer heights (wheeled
bins after EN 840: 120 l about 0.93 m, 240 l 1.07 m, 660 l 1.2 m, 1,100 l 1.4 m; a steel drum of
200 l 0.88 m), less what lid and wheels take. Measuring the bin itself is always better.
"""

from types import MappingProxyType
from typing import Final

from jemput.geometry import Geometry

BIN_TYPES: Final = MappingProxyType(
    {
        "wheelie-120": Geometry(empty_mm=820, full_mm=150),
        "wheelie-240": Geometry(empty_mm=950, full_mm=150),
        "wheelie-660": Geometry(empty_mm=1000, full_mm=200),
        "wheelie-1100": Geometry(empty_mm=1150, full_mm=200),
        "drum-200": Geometry(empty_mm=860, full_mm=100),
    }
)
