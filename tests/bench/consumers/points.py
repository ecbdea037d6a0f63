"""What both hand-written consumers make of a message."""

import json
import time

from influxdb_client.client.write.point import Point

__all__ = ["Point", "points"]


def points(topic: str, payload: bytes | bytearray) -> list[Point]:
    """A point for each reading, with all that it measures."""
    _, _, site, device, _ = topic.split("/")
    found = []
    for reading in json.loads(payload)["readings"]:
        point = Point("reading")  # type: ignore[no-untyped-call] # theirs
        point.tag("site", site).tag("device", device)  # type: ignore[no-untyped-call] # theirs
        for name, value in reading.items():
            point.field(name, value)  # type: ignore[no-untyped-call] # theirs
        found.append(point.time(time.time_ns()))  # type: ignore[no-untyped-call] # theirs
    return found
