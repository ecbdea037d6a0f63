"""What changed between two looks at the town, as server-sent events."""

from collections.abc import Iterator

from pydantic import BaseModel

from api import shapes
from api.town import Town


def event(name: str, body: BaseModel) -> bytes:
    """One server-sent event. JSON has no line break, so one `data` line is enough."""
    return f"event: {name}\ndata: {body.model_dump_json()}\n\n".encode()


def snapshot(picture: shapes.Town) -> bytes:
    """Everything: what a listener starts from, and starts anew from."""
    return event("snapshot", picture)


def clock(picture: shapes.Town) -> bytes:
    """The run's time; also the sign that somebody still looks."""
    return event("clock", shapes.Now(now_s=picture.now_s))


def changes(town: Town, before: shapes.Town, after: shapes.Town) -> Iterator[bytes]:
    """Changed bins and pickups; a snapshot where the town itself is another.

    A pickup that closed is no longer in the picture, so it is read once more.
    """
    old_bins = {one.id: one for one in before.bins}
    if _is_another_town(before, after):
        yield snapshot(after)
        return
    for one in after.bins:
        if one != old_bins.get(one.id):
            yield event("bin", one)
    old_pickups = {one.id: one for one in before.pickups}
    new_pickups = {one.id: one for one in after.pickups}
    for pickup_id, pickup in new_pickups.items():
        if pickup != old_pickups.get(pickup_id):
            yield event("pickup", pickup)
    for pickup_id in old_pickups.keys() - new_pickups.keys():
        yield event("pickup", town.pickup(pickup_id))


def _is_another_town(before: shapes.Town, after: shapes.Town) -> bool:
    gone = {one.id for one in before.bins} - {one.id for one in after.bins}
    return bool(gone) or (before.sites, before.invented) != (after.sites, after.invented)
