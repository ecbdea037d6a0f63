"""Zones: the haltes that a collector serves."""

from typing import Annotated

from fastapi import APIRouter, Body, Depends, Path, Query, Response
from msgspec.structs import replace

from api import things
from api.etags import IfMatch
from api.reader import Asked, Reader
from api.registrar import OF_CHANGING, OF_LISTING, OF_MAKING, OF_ONE, Registrar
from api.showing import show_zone
from api.speaking import needs
from jemput.changes import Change, PutZone
from jemput.registry import Registry
from jemput.roles import Right
from jemput.things import Zone

ZoneId = Annotated[str, Path(description="A zone's id", examples=["utara"])]
router = APIRouter(tags=["registry"])


@router.get(
    "/v1/zones",
    operation_id="list_zones",
    summary="Zones",
    dependencies=[needs(Right.READ)],
    responses=OF_LISTING,
)
def list_zones(
    reader: Annotated[Reader, Depends()],
    asked: Annotated[Asked, Depends()],
    halte: Annotated[str | None, Query(description="Only those of this halte")] = None,
) -> things.Zones:
    """Zones, a page at a time."""
    zones = reader.registry.zones
    some = reader.page("zone", asked, lambda one: halte is None or halte in zones[one].haltes)
    return things.Zones(
        zones=[show_zone(reader.registry, one) for one in some.items], next=some.next
    )


@router.get(
    "/v1/zones/{zone_id}",
    operation_id="get_zone",
    summary="One zone",
    response_model=things.ZoneInTown,
    dependencies=[needs(Right.READ)],
    responses=OF_ONE,
)
def get_zone(reader: Annotated[Reader, Depends()], zone_id: ZoneId) -> Response:
    """One zone, in use or retired."""
    return reader.one("zone", zone_id, show_zone)


@router.post(
    "/v1/zones",
    operation_id="make_zone",
    summary="Make a zone",
    status_code=201,
    response_model=things.ZoneInTown,
    dependencies=[needs(Right.CHANGE_TOWN)],
    responses=OF_MAKING,
)
def make_zone(registrar: Annotated[Registrar, Depends()], body: things.NewZone) -> Response:
    """Make a zone of haltes that there are. One that was retired comes back."""

    def build(registry: Registry) -> list[Change]:
        return [PutZone(_checked(registry, Zone(body.id, body.name, tuple(body.haltes))))]

    return registrar.make("zone", body.id, build)


@router.patch(
    "/v1/zones/{zone_id}",
    operation_id="change_zone",
    summary="Change a zone",
    response_model=things.ZoneInTown,
    dependencies=[needs(Right.CHANGE_TOWN)],
    responses=OF_CHANGING,
)
def change_zone(
    registrar: Annotated[Registrar, Depends()],
    zone_id: ZoneId,
    body: things.ZoneChange,
    if_match: IfMatch = None,
) -> Response:
    """Change what is given of a zone, and leave the rest."""

    def build(registry: Registry) -> list[Change]:
        given = body.model_dump(exclude_unset=True)
        if "haltes" in given:
            given["haltes"] = tuple(given["haltes"])
        return [PutZone(_checked(registry, replace(registry.zones[zone_id], **given)))]

    return registrar.change("zone", zone_id, if_match, build)


@router.post(
    "/v1/zones/{zone_id}/retire",
    operation_id="retire_zone",
    summary="Take a zone out of use",
    response_model=things.ZoneInTown,
    dependencies=[needs(Right.CHANGE_TOWN)],
    responses=OF_CHANGING,
)
def retire_zone(
    registrar: Annotated[Registrar, Depends()],
    zone_id: ZoneId,
    body: Annotated[things.Retirement | None, Body()] = None,
    if_match: IfMatch = None,
) -> Response:
    """Retire a zone that no collector serves any more. It stays, with its history."""
    return registrar.retire("zone", zone_id, if_match, body)


def _checked(registry: Registry, zone: Zone) -> Zone:
    missing = [one for one in zone.haltes if one not in registry.haltes]
    if missing:
        raise ValueError(f"zone {zone.id}: there is no halte {missing[0]!r}; make the halte first")
    return zone
