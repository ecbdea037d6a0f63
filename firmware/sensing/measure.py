"""Several pings to one measurement: the median of the valid ones, and what to think of it. Pure."""

from firmware.sensing.fault import NO_ECHO, STUCK_ECHO, Fault

LOOSE_MM = 100
TILTED_DEG = 20


def measure(sensor, pings, blind_mm, temperature_c=None, tilt_deg=None):
    """What a reading says of the echo: quality, echoes, spread_mm, and distance_mm where one is.

    At most half valid pings are no measurement: then the quality is what went wrong.
    """
    echoes, stuck = _ping(sensor, pings, temperature_c)
    measured = {
        "quality": _fault(echoes, stuck, pings, tilt_deg),
        "echoes": len(echoes),
        "spread_mm": echoes[-1] - echoes[0] if echoes else 0,
    }
    if measured["quality"] is None:
        median_mm = echoes[(len(echoes) - 1) // 2]
        measured["quality"] = _judge(median_mm, measured["spread_mm"], blind_mm)
        if measured["quality"] != "blind":
            measured["distance_mm"] = median_mm
    return measured


def _ping(sensor, pings, temperature_c):
    """The valid echoes in order of size, and how many pings found the line stuck."""
    echoes = []
    stuck = 0
    for _ in range(pings):
        try:
            echoes.append(sensor.ping(temperature_c))
        except Fault as fault:
            stuck += fault.quality == STUCK_ECHO
            if stuck > pings // 2:
                break  # it will not fall any more, and each wait costs battery
    return sorted(echoes), stuck


def _fault(echoes, stuck, pings, tilt_deg):
    if tilt_deg is not None and tilt_deg >= TILTED_DEG:
        return "tilted"
    if 2 * len(echoes) > pings:
        return None
    return STUCK_ECHO if stuck else NO_ECHO


def _judge(median_mm, spread_mm, blind_mm):
    if median_mm <= blind_mm:
        return "blind"
    return "unstable" if spread_mm > LOOSE_MM else "ok"
