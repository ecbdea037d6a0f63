"""Haltes: collection points where several bins stand."""

from typing import Annotated

from fastapi import APIRouter, Body, Depends, Path, Query, Response
from msgspec.structs import replace

from api import things
from api.etags import IfMatch
from api.reader import Asked, Reader
from api.registrar import OF_CHANGING, OF_LISTING, OF_MAKING, OF_ONE, Registrar
from api.showing import show_halte
from api.speaking import needs
from jemput.changes import Change, PutHalte
from jemput.registry import Registry
from jemput.roles import Right
from jemput.things import Halte

HalteId = Annotated[str, Path(description="A halte's id", examples=["pasar-delimas"])]
router = APIRouter(tags=["registry"])


@router.get(
    "/v1/haltes",
    operation_id="list_haltes",
    summary="Haltes",
    dependencies=[needs(Right.READ_OWN)],
    responses=OF_LISTING,
)
def list_haltes(
    reader: Annotated[Reader, Depends()],
    asked: Annotated[Asked, Depends()],
    site: Annotated[str | None, Query(description="Only of this site")] = None,
    zone: Annotated[str | None, Query(description="Only of this zone")] = None,
) -> things.Haltes:
    """Haltes, a page at a time."""
    haltes = reader.registry.haltes
    in_zone = reader.registry.in_zone(zone) if zone is not None else None

    def where(halte: str) -> bool:
        return site in {None, haltes[halte].site} and (in_zone is None or halte in in_zone)

    some = reader.page("halte", asked, where)
    return things.Haltes(
        haltes=[show_halte(reader.registry, one) for one in some.items], next=some.next
    )


@router.get(
    "/v1/haltes/{halte_id}",
    operation_id="get_halte",
    summary="One halte",
    response_model=things.HalteInTown,
    dependencies=[needs(Right.READ_OWN)],
    responses=OF_ONE,
)
def get_halte(reader: Annotated[Reader, Depends()], halte_id: HalteId) -> Response:
    """One halte, in use or retired."""
    return reader.one("halte", halte_id, show_halte)


@router.post(
    "/v1/haltes",
    operation_id="make_halte",
    summary="Make a halte",
    status_code=201,
    response_model=things.HalteInTown,
    dependencies=[needs(Right.CHANGE_TOWN)],
    responses=OF_MAKING,
)
def make_halte(registrar: Annotated[Registrar, Depends()], body: things.NewHalte) -> Response:
    """Make a halte at a site that is in use. One that was retired comes back."""

    def build(_: Registry) -> list[Change]:
        return [PutHalte(Halte(body.id, body.site, body.name, body.lat, body.lon))]

    return registrar.make("halte", body.id, build)


@router.patch(
    "/v1/haltes/{halte_id}",
    operation_id="change_halte",
    summary="Change a halte",
    response_model=things.HalteInTown,
    dependencies=[needs(Right.CHANGE_TOWN)],
    responses=OF_CHANGING,
)
def change_halte(
    registrar: Annotated[Registrar, Depends()],
    halte_id: HalteId,
    body: things.HalteChange,
    if_match: IfMatch = None,
) -> Response:
    """Change what is given of a halte, and leave the rest. Its bins go with it."""

    def build(registry: Registry) -> list[Change]:
        given = body.model_dump(exclude_unset=True)
        return [PutHalte(replace(registry.haltes[halte_id], **given))]

    return registrar.change("halte", halte_id, if_match, build)


@router.post(
    "/v1/haltes/{halte_id}/retire",
    operation_id="retire_halte",
    summary="Take a halte out of use",
    response_model=things.HalteInTown,
    dependencies=[needs(Right.CHANGE_TOWN)],
    responses=OF_CHANGING,
)
def retire_halte(
    registrar: Annotated[Registrar, Depends()],
    halte_id: HalteId,
    body: Annotated[things.Retirement | None, Body()] = None,
    if_match: IfMatch = None,
) -> Response:
    """Retire a halte whose bins all are. It stays, with its history."""
    return registrar.retire("halte", halte_id, if_match, body)
