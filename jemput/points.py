"""Points: a reading as InfluxDB knows it. The only spelling of measurement, tags and fields."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from jemput.reading import Reading

MEASUREMENT: Final = "reading"
TAG_BIN: Final = "bin"
TAG_DEVICE: Final = "device"
TAG_SITE: Final = "site"
TAG_WASTE: Final = "waste"
FIELDS: Final = (
    "fill_percent",
    "level_percent",
    "distance_mm",
    "echoes",
    "spread_mm",
    "temperature_c",
    "battery_mv",
    "rssi_dbm",
    "tilt_deg",
)
"""Integer fields, each written only where it is known. `quality` is the one string field."""
FIELD_QUALITY: Final = "quality"
UNBOUND: Final = "-unbound"
"""Stands for the bin of a reading whose device hangs nowhere known."""
NOWHERE: Final[Mapping[str, str]] = MappingProxyType({})


def time_ns(reading: Reading) -> int:
    """A time that keeps two readings of one second apart, and a retry the same point."""
    return reading.at_s * 1_000_000_000 + reading.boot % 1000 * 1_000_000 + reading.seq % 1_000_000


def line(reading: Reading, place: Mapping[str, str] = NOWHERE) -> str:
    """One line of line protocol. Ids need no escaping: see `jemput.ids`.

    `place` holds the tags of where the bin stands, in the order of their names.
    """
    fields = [
        f"{name}={value}i" for name in FIELDS if (value := getattr(reading, name)) is not None
    ]
    fields.append(f'{FIELD_QUALITY}="{reading.quality}"')
    tags = f"{TAG_BIN}={reading.bin or UNBOUND},{TAG_DEVICE}={reading.device}"
    for name, value in place.items():
        tags += f",{name}={value}"
    return f"{MEASUREMENT},{tags} {','.join(fields)} {time_ns(reading)}"


def lines(readings: "tuple[Reading, ...]") -> bytes:
    """The body of a write: the same readings are always the same bytes."""
    return "\n".join(line(one) for one in readings).encode()
