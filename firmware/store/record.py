"""A reading in 25 bytes, and back. Pure."""

import struct

_FORMAT = "<IIIHHhHhBBB"
SIZE = struct.calcsize(_FORMAT)

_QUALITIES = ("ok", "unstable", "blind", "no_echo", "stuck_echo", "tilted")
_CLOCKS = ("none", "rtc", "ntp")
_NO_WORD, _NO_NUMBER, _NO_BYTE = 0xFFFF, -0x8000, 0xFF
_LARGEST_MM = 20_000  # what the host takes


def pack(reading):
    """The bytes of a reading."""
    flags = _QUALITIES.index(reading["quality"]) | _CLOCKS.index(reading["clock"]) << 4
    return struct.pack(
        _FORMAT,
        reading["boot"],
        reading["seq"],
        reading["at"],
        _within(reading.get("distance_mm"), 0, _LARGEST_MM, _NO_WORD),
        _within(reading["spread_mm"], 0, _LARGEST_MM, 0),
        _within(reading.get("temperature_c"), -60, 150, _NO_NUMBER),
        _within(reading.get("battery_mv"), 0, _LARGEST_MM, _NO_WORD),
        _within(reading.get("rssi_dbm"), -200, 20, _NO_NUMBER),
        _within(reading.get("tilt_deg"), 0, 180, _NO_BYTE),
        flags,
        _within(reading["echoes"], 0, 255, 0),
    )


def unpack(data):
    """The reading of some bytes; raises ValueError where they are none."""
    boot, seq, at, mm, spread_mm, temperature_c, battery_mv, rssi_dbm, tilt_deg, flags, echoes = (
        struct.unpack(_FORMAT, data)
    )
    if flags & 0xF >= len(_QUALITIES) or flags >> 4 >= len(_CLOCKS):
        raise ValueError("no reading")
    return {
        "boot": boot,
        "seq": seq,
        "at": at,
        "clock": _CLOCKS[flags >> 4],
        "quality": _QUALITIES[flags & 0xF],
        "distance_mm": None if mm == _NO_WORD else mm,
        "echoes": echoes,
        "spread_mm": spread_mm,
        "temperature_c": None if temperature_c == _NO_NUMBER else temperature_c,
        "battery_mv": None if battery_mv == _NO_WORD else battery_mv,
        "rssi_dbm": None if rssi_dbm == _NO_NUMBER else rssi_dbm,
        "tilt_deg": None if tilt_deg == _NO_BYTE else tilt_deg,
    }


def identity(data):
    """Boot and seq of a packed reading."""
    return struct.unpack_from("<II", data)


def _within(value, least, most, instead):
    """Out of bounds is bent to them: a host refuses the whole message for one such number."""
    return instead if value is None else min(most, max(least, value))
