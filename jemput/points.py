"""Points: a reading as InfluxDB knows it. The only spelling of measurement, tags and fields."""

from typing import Final, NamedTuple

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
_ALL_KNOWN: Final = "".join(f"{name}=%di," for name in FIELDS)
FIELD_QUALITY: Final = "quality"
FIELD_ABOVE_CALL: Final = "above_call"
"""1 where the filtered level calls by the bin's own threshold, else 0; where both are known."""
_ABOVE: Final = f"{FIELD_ABOVE_CALL}=1i,"
_BELOW: Final = f"{FIELD_ABOVE_CALL}=0i,"
UNBOUND: Final = "-unbound"
"""Stands for the bin of a reading whose device hangs nowhere known."""
NOBODY: Final = "-"
"""Stands for the device of a point that no device said."""


class Place(NamedTuple):
    """Where the bin of a reading stands, and from which level on it is called."""

    key: tuple[str, str]
    """Site and kind of waste."""
    call_percent: int
    tags: str
    """The same as they stand in a line, since they do in every one."""


def place_at(site: str, waste: str, call_percent: int) -> Place:
    """A place, with its tags."""
    return Place((site, waste), call_percent, f",{TAG_SITE}={site},{TAG_WASTE}={waste}")


def time_ns(reading: Reading) -> int:
    """A time that keeps two readings of one second apart, and a retry the same point."""
    return reading.at_s * 1_000_000_000 + reading.boot % 1000 * 1_000_000 + reading.seq % 1_000_000


def line(reading: Reading, place: Place | None = None) -> str:
    """One line of line protocol. Ids need no escaping: see `jemput.ids`."""
    fields, level = _fields(reading), reading.level_percent
    tags = f"{TAG_BIN}={reading.bin or UNBOUND},{TAG_DEVICE}={reading.device}"
    if place is not None:
        tags += place.tags
        if level is not None:
            fields += _ABOVE if level >= place.call_percent else _BELOW
    return f'{MEASUREMENT},{tags} {fields}{FIELD_QUALITY}="{reading.quality}" {time_ns(reading)}'


def _fields(reading: Reading) -> str:
    """The integer ones, each with its comma; mostly all of them are known."""
    values = (
        reading.fill_percent,
        reading.level_percent,
        reading.distance_mm,
        reading.echoes,
        reading.spread_mm,
        reading.temperature_c,
        reading.battery_mv,
        reading.rssi_dbm,
        reading.tilt_deg,
    )
    if None not in values:
        return _ALL_KNOWN % values
    named = zip(FIELDS, values, strict=True)
    return "".join(f"{name}={value}i," for name, value in named if value is not None)


def gone_line(bin_id: str, place: Place, at_ns: int) -> str:
    """Ends what the last reading of a bin said of its level: it was retired, or stands elsewhere.

    No reading: it has no quality, and no level.
    """
    tags = f"{TAG_BIN}={bin_id},{TAG_DEVICE}={NOBODY}{place.tags}"
    return f"{MEASUREMENT},{tags} {FIELD_ABOVE_CALL}=0i {at_ns}"


def lines(readings: tuple[Reading, ...]) -> bytes:
    """The body of a write: the same readings are always the same bytes."""
    return "\n".join(line(one) for one in readings).encode()
