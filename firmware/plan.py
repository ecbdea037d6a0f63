"""What a wake decides: report or not, how long to sleep, when to leave the radio alone. Pure."""

_QUALITIES = ("ok", "unstable", "blind", "no_echo", "stuck_echo", "tilted")
_LOW_STRETCH = 4
_MOST_REST = 31
_CRITICAL_WAKES = 3
_DAY_S = 86_400


def must_report(notes, reading, config):
    """Whether this reading is worth the radio: time, change, or a crossing of full."""
    every = max(1, config["report_every_s"] // config["measure_every_s"])
    if notes["since_report"] >= every or notes["wakes"] <= 1:
        return True
    if _QUALITIES.index(reading["quality"]) != notes["reported_quality"]:
        return True
    mm, before_mm = reading.get("distance_mm"), notes["reported_mm"]
    if mm is None:
        return False
    full_mm = config["full_mm"]
    return abs(mm - before_mm) >= config["change_mm"] or (mm <= full_mm) != (before_mm <= full_mm)


def may_report(notes):
    """Whether the radio may be tried; counts the wakes that it rests."""
    if notes["rest_wakes"]:
        notes["rest_wakes"] -= 1
        return False
    return True


def reported(notes, reading):
    """It went through."""
    notes["failures"] = notes["since_report"] = notes["rest_wakes"] = 0
    notes["reported_quality"] = _QUALITIES.index(reading["quality"])
    notes["reported_mm"] = reading.get("distance_mm") or 0


def failed(notes, config, lasting):
    """It did not. Outages empty batteries, so each failure in a row doubles the rest.

    `lasting` is a broker that refuses us: tried once a day, so that a mishap there bricks nothing.
    """
    notes["failures"] += 1
    rest = (1 << min(notes["failures"] - 1, 5)) - 1
    notes["rest_wakes"] = min(rest, _MOST_REST)
    notes["address"] = 0
    if lasting:
        notes["rest_wakes"] = max(1, _DAY_S // config["measure_every_s"])


def is_critical(notes, battery_mv, config):
    """Whether the battery was nearly empty several wakes in a row; one bad measurement is none."""
    low = battery_mv is not None and battery_mv < config["critical_mv"]
    notes["critical"] = notes["critical"] + 1 if low else 0
    return notes["critical"] >= _CRITICAL_WAKES


def is_low(battery_mv, config):
    """Whether the battery should be spared."""
    return battery_mv is not None and battery_mv < config["low_mv"]


def sleep_s(battery_mv, config):
    """How long to sleep: longer on a low battery."""
    return config["measure_every_s"] * (_LOW_STRETCH if is_low(battery_mv, config) else 1)
