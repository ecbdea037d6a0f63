"""The wire, device side: measurements to bytes. Pure; runs on MicroPython and CPython alike.

Keys are written in a fixed order by hand, because MicroPython's dictionaries have none.
`tests/contract` holds this file and the host's `jemput/payload.py` to the same golden bytes.
"""

VERSION = 1

MEASURED = ("ok", "unstable")
OPTIONAL = ("temperature_c", "battery_mv", "rssi_dbm", "tilt_deg")


def reading_topic(site, device):
    """Where this device publishes its readings."""
    return "jemput/v1/%s/%s/reading" % (site, device)


def ack_topic(site, device):
    """Where this device is told what it may forget."""
    return "jemput/v1/%s/%s/ack" % (site, device)


def status_topic(site, device):
    """Where this device says whether it is online, asleep or lost."""
    return "jemput/v1/%s/%s/status" % (site, device)


def config_topic(site, device):
    """Where this device finds its configuration."""
    return "jemput/v1/%s/%s/config" % (site, device)


def command_topic(site, device):
    """Where this device is told to do something."""
    return "jemput/v1/%s/%s/command" % (site, device)


def encode_reading(reading):
    """One measurement, a dictionary of integers and short words, as JSON text.

    `distance_mm` is written only where `quality` is ok or unstable: a fault is never a distance.
    """
    parts = [
        '"boot":%d,"seq":%d,"at":%d' % (reading["boot"], reading["seq"], reading["at"]),
        '"clock":"%s","quality":"%s"' % (reading["clock"], reading["quality"]),
    ]
    if reading["quality"] in MEASURED:
        parts.append('"distance_mm":%d' % reading["distance_mm"])
    parts.append('"echoes":%d,"spread_mm":%d' % (reading["echoes"], reading["spread_mm"]))
    for name in OPTIONAL:
        if reading.get(name) is not None:
            parts.append('"%s":%d' % (name, reading[name]))
    return "{" + ",".join(parts) + "}"


def encode_message(readings, kept):
    """A whole message as bytes: readings, and `kept`, the [boot, first] pairs still in store."""
    body = ",".join([encode_reading(reading) for reading in readings])
    held = ",".join(["[%d,%d]" % (boot, first) for boot, first in kept])
    return ('{"v":%d,"readings":[%s],"kept":[%s]}' % (VERSION, body, held)).encode()
