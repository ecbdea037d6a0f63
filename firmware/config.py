"""What may be changed from afar: bounds for everything, and the last good one is kept.

What comes is on trial until a report went through with it: within its bounds it may still be one
with which no broker can be reached, and then nobody could take it back.
"""

import json

_GOOD, _TRIAL, _REFUSED = "config", "config-trial", "config-refused"
_LARGEST_VERSION = 0x7FFFFFFF
_TRIES = 4  # failed reports that a trial may have

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


class Configuration:
    """`settled` holds in this wake, `version` from the next one on.

    `refused` is (version, why) of what was told and is not taken, else None.
    """

    def __init__(self, flash):
        self._flash = flash
        self._good = _read(flash, _GOOD) or defaults()
        trial = _read(flash, _TRIAL)
        self.on_trial = trial is not None and trial["version"] != self._good["version"]
        self.settled = trial if self.on_trial else self._good
        self.version = self.settled["version"]
        self.refused = None

    def hear(self, data):
        """What the retained topic says; it is heard anew in every wake that reports."""
        try:
            self._take(decode(data)["version"], data)
        except BadConfig as error:
            self.refused = (_version_of(data), str(error))
        except OSError:
            self.refused = (_version_of(data), "no room")

    def came_through(self, notes):
        """A report did: what held is good."""
        notes["config_tries"] = 0
        if not self.on_trial:
            return
        try:
            self._flash.write(_GOOD, self._flash.read(_TRIAL))
        except OSError:
            return
        if self.version == self.settled["version"]:
            self._flash.remove(_TRIAL)

    def did_not(self, notes):
        """A report did not; after some of them the last good one holds again."""
        if not self.on_trial:
            return
        notes["config_tries"] += 1
        if notes["config_tries"] < _TRIES:
            return
        notes["config_tries"] = 0
        try:
            self._flash.write(_REFUSED, str(self.settled["version"]).encode())
        except OSError:
            pass  # it may be tried again
        self._flash.remove(_TRIAL)

    def _take(self, version, data):
        if version == self.version:
            return
        if self._flash.read(_REFUSED) == str(version).encode():
            raise BadConfig("no report came through with it")
        if version == self._good["version"]:
            self._flash.remove(_TRIAL)
        else:
            self._flash.write(_TRIAL, data)
        self.version = version


def _read(flash, name):
    try:
        return decode(flash.read(name) or b"")
    except BadConfig:
        return None


def _told(data):
    try:
        told = json.loads(data)
    except ValueError:
        raise BadConfig("not json")
    if not isinstance(told, dict) or told.get("v") != 1:
        raise BadConfig("not of version 1")
    return told


def _version_of(data):
    try:
        return _number(_told(data), "version", 1, _LARGEST_VERSION)
    except BadConfig:
        return 0


def _number(told, name, least, most):
    value = told.get(name)
    if type(value) is not int or not least <= value <= most:
        raise BadConfig("%s is not between %d and %d" % (name, least, most))
    return value
