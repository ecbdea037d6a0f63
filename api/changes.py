"""The town at a look, and what changed between two looks, as server-sent events."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from msgspec import UNSET, Raw, json
from msgspec.structs import replace

from api import shapes
from api.roll import Roll, Seen
from api.town import Town, show_pickup
from jemput.pickup import Pickup


class Picture(NamedTuple):
    """Bins and open pickups at one moment."""

    now_s: int
    sites: list[shapes.Site]
    invented: bool
    seen: Seen
    pickups: Mapping[str, Pickup]


def look(town: Town, roll: Roll) -> Picture:
    """The town as it is now."""
    seen = roll.look()
    pickups = town.services.pickups.list(only_open=True)
    return Picture(**town.about(seen.registry), seen=seen, pickups={one.id: one for one in pickups})


def event(name: str, body: bytes) -> bytes:
    """One server-sent event. JSON has no line break, so one `data` line is enough."""
    return b"event: %b\ndata: %b\n\n" % (name.encode(), body)


def snapshot(picture: Picture) -> bytes:
    """Everything, a `Town`: what a listener starts from, and starts anew from."""
    seen = picture.seen
    body = {
        "now_s": picture.now_s,
        "invented": picture.invented,
        "sites": [one.model_dump() for one in picture.sites],
        "bins": [replace(seen.rows[one], setup=UNSET) for one in seen.in_use],
        "pickups": [Raw(_pickup(picture, one)) for one in picture.pickups.values()],
    }
    return event("snapshot", json.encode(body))


def clock(picture: Picture) -> bytes:
    """The run's time; also the sign that somebody still looks."""
    return event("clock", json.encode({"now_s": picture.now_s}))


def changes(town: Town, before: Picture, after: Picture) -> Iterator[bytes]:
    """Changed bins and pickups; a snapshot where the town itself is another.

    A pickup that closed is no longer in the picture, so it is read once more.
    """
    if _is_another_town(before, after):
        yield snapshot(after)
        return
    for one in _changed_bins(before.seen, after.seen):
        yield event("bin", one)
    for one in _changed_pickups(before, after):
        yield event("pickup", one)
    for pickup_id in before.pickups.keys() - after.pickups.keys():
        yield event("pickup", town.pickup(pickup_id).model_dump_json().encode())


def _changed_bins(before: Seen, after: Seen) -> Iterator[bytes]:
    """Rows that are the same object did not change; of others only the setup may have."""
    for bin_id in after.in_use if before.rows is not after.rows else ():
        was, row = before.rows.get(bin_id), after.rows[bin_id]
        if was is row:
            continue
        told = json.encode(replace(row, setup=UNSET))
        if was is None or told != json.encode(replace(was, setup=UNSET)):
            yield told


def _changed_pickups(before: Picture, after: Picture) -> Iterator[bytes]:
    is_same_registry = before.seen.registry is after.seen.registry
    for pickup_id, pickup in after.pickups.items():
        was = before.pickups.get(pickup_id)
        if is_same_registry and was == pickup:
            continue
        told = _pickup(after, pickup)
        if was is None or told != _pickup(before, was):
            yield told


def _pickup(picture: Picture, pickup: Pickup) -> bytes:
    return show_pickup(pickup, picture.seen.registry).model_dump_json().encode()


def _is_another_town(before: Picture, after: Picture) -> bool:
    if (before.sites, before.invented) != (after.sites, after.invented):
        return True
    if before.seen.in_use is after.seen.in_use:
        return False
    return not set(before.seen.in_use) <= set(after.seen.in_use)
