"""The messages of one slot of a recording, as its devices would have sent them."""

from collections.abc import Iterator
from itertools import groupby

from firmware import payload
from simulator.recording import Row

BATCH = 24


def slot_messages(site: str, slot: list[Row]) -> Iterator[tuple[str, bytes]]:
    """Topic and payload: one message for each device, unless it has more than goes into one."""
    by_device = sorted(slot, key=lambda row: (row.device, row.boot, row.seq))
    for device, rows in groupby(by_device, lambda row: row.device):
        left = list(rows)
        topic = payload.reading_topic(site, device)
        firsts = groupby(left, lambda row: row.boot)
        kept = [(boot, next(of_boot).seq) for boot, of_boot in firsts]
        for start in range(0, len(left), BATCH):
            readings = [_reading(row) for row in left[start : start + BATCH]]
            yield topic, payload.encode_message(readings, kept)


def _reading(row: Row) -> dict[str, int | str]:
    return {
        "boot": row.boot,
        "seq": row.seq,
        "at": row.at_s,
        "clock": "ntp",
        "quality": "ok",
        "distance_mm": row.distance_mm,
        "echoes": 1,
        "spread_mm": 0,
    }
