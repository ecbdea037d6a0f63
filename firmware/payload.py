"""The wire, device side: measurements to bytes. Pure; runs on MicroPython and CPython alike.

Keys are written in a fixed order by hand, because MicroPython's dictionaries have none.
`tests/contract` holds this file and the host's `jemput/payload.py` to the same golden bytes.
"""

VERSION = 1

MEASURED = ("ok", "unstable")
OPTIONAL = ("temperature_c", "battery_mv", "rssi_dbm", "tilt_deg")


def own_topic(site, device, kind):
    """Where this device speaks, or is spoken to."""
    return "jemput/v1/%s/%s/%s" % (site, device, kind)


def reading_topic(site, device):
    """Where this device publishes its readings."""
    return own_topic(site, device, "reading")


def ack_topic(site, device):
    """Where this device is told what it may forget."""
    return own_topic(site, device, "ack")


def status_topic(site, device):
    """Where this device says whether it is online, asleep or lost."""
    return own_topic(site, device, "status")


def chunk_topic(digest, number):
    """Where a piece of an update's file is, for every device."""
    return "jemput/v1/files/%s/%d" % (digest, number)


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
