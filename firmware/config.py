"""What may be changed from afar: bounds for everything, and the last good one is kept."""

import json

_FILE = "config"
_LARGEST_VERSION = 0x7FFFFFFF

# name: (what it is unless told, least, most)
FIELDS = {
    "measure_every_s": (900, 10, 86_400),
    "report_every_s": (3_600, 10, 604_800),
    "change_mm": (100, 5, 20_000),
    "full_mm": (0, 0, 20_000),
    "pings": (9, 1, 25),
    "blind_mm": (250, 0, 2_000),
    "budget_ms": (20_000, 2_000, 60_000),
    "answer_ms": (4_000, 100, 20_000),
    "batch": (16, 1, 64),
    "resend_after": (8, 1, 1_000),
    "low_mv": (3_500, 0, 20_000),
    "critical_mv": (3_300, 0, 20_000),
}


class BadConfig(Exception):  # noqa: N818 - that is what came
    """The configuration is not taken; the message says why."""


def defaults():
    """What holds while nothing was told; its version is 0."""
    config = {"version": 0}
    for name, (value, _, _) in FIELDS.items():
        config[name] = value
    return config


def decode(data):
    """A whole configuration from what was sent; what it does not name is as by default.

    Raises BadConfig for the first thing out of bounds: half of a configuration is none.
    """
    told = _told(data)
    config = defaults()
    config["version"] = _number(told, "version", 1, _LARGEST_VERSION)
    for name, (_, least, most) in FIELDS.items():
        if name in told:
            config[name] = _number(told, name, least, most)
    if config["report_every_s"] < config["measure_every_s"]:
        raise BadConfig("report_every_s is below measure_every_s")
    if config["low_mv"] < config["critical_mv"]:
        raise BadConfig("low_mv is below critical_mv")
    return config


def load(flash):
    """The last good configuration."""
    try:
        return decode(flash.read(_FILE) or b"")
    except BadConfig:
        return defaults()


def keep(flash, data, current):
    """Take what came, where it is good and another than `current`; else `current` stays."""
    try:
        config = decode(data)
        if config["version"] != current["version"]:
            flash.write(_FILE, data)
            return config
    except (BadConfig, OSError):
        pass
    return current


def _told(data):
    try:
        told = json.loads(data)
    except ValueError:
        raise BadConfig("not json")
    if not isinstance(told, dict) or told.get("v") != 1:
        raise BadConfig("not of version 1")
    return told


def _number(told, name, least, most):
    value = told.get(name)
    if type(value) is not int or not least <= value <= most:
        raise BadConfig("%s is not between %d and %d" % (name, least, most))
    return value
