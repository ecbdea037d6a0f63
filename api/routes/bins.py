"""Bins: how full they are, and how they are set up."""

from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Body, Depends, Header, Path, Query
from fastapi.responses import Response

from api import problems, shapes
from api.bin_list import AsOf, BinList
from api.bin_shapes import BinChange, BinInTown, BinPage, NewBin
from api.dependencies import ServicesOf, may_be
from api.etags import IfMatch, answer
from api.making_bins import changed_bin, new_bin
from api.problems import ProblemError
from api.reader import unknown
from api.registrar import OF_CHANGING, OF_MAKING, Registrar
from api.seeing import is_seen
from api.showing import show_bin_in_town, tag_of_bin
from api.speaking import TownOf, ViewerOf, needs
from api.things import Retirement
from api.town import Town
from jemput.roles import Right

GEOJSON: Final = "application/geo+json"
BinId = Annotated[str, Path(description="A bin's id", examples=["pasar-delimas-organic"])]
BOTH: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "content": {
            GEOJSON: {"schema": {"$ref": "#/components/schemas/FeatureCollection"}},
        }
    }
}
RegistrarOf = Annotated[Registrar, Depends()]
router = APIRouter(tags=["bins"])


@router.get(
    "/v1/bins",
    operation_id="list_bins",
    summary="Bins with their levels",
    response_model=BinPage,
    dependencies=[needs(Right.READ_OWN)],
    responses=BOTH | may_be(*problems.OF_SPEAKING, problems.INVALID_REQUEST),
)
def list_bins(
    asked: Annotated[BinList, Depends()],
    form: Annotated[
        Literal["json", "geojson"] | None,
        Query(alias="format", description="`geojson` gives a FeatureCollection, as Accept does"),
    ] = None,
    accept: Annotated[str, Header(include_in_schema=False)] = "",
) -> Response:
    """Bins: their level, whether it is known, how they are set up, and the open pickup you see.

    All of them by id, or with `limit` a page at a time.
    """
    if form == "geojson" or (form is None and GEOJSON in accept):
        return Response(asked.as_geojson(), media_type=GEOJSON, headers={"Vary": "Accept"})
    return Response(asked.as_json(), media_type="application/json")


@router.get(
    "/v1/bins/{bin_id}",
    operation_id="get_bin",
    summary="One bin",
    response_model=BinInTown,
    dependencies=[needs(Right.READ_OWN)],
    responses=may_be(*problems.OF_SPEAKING, problems.NOT_FOUND, problems.INVALID_REQUEST),
)
def get_bin(
    services: ServicesOf, viewer: ViewerOf, town: TownOf, bin_id: BinId, at_s: AsOf
) -> Response:
    """One bin as it stands, in use or retired, and how it is set up or was then."""
    registry = services.registry.look()
    if not is_seen(registry, viewer, "bin", bin_id):
        raise unknown("bin", bin_id)
    (now,) = services.bins.list(registry, [bin_id])
    at_s = town.now_s() if at_s is None else at_s
    shown = show_bin_in_town(registry, now, viewer, at_s)
    return answer(shown, tag_of_bin(shown))


@router.post(
    "/v1/bins",
    operation_id="make_bin",
    summary="Make a bin",
    status_code=201,
    response_model=BinInTown,
    dependencies=[needs(Right.CHANGE_TOWN)],
    responses=OF_MAKING,
)
def make_bin(registrar: RegistrarOf, body: NewBin) -> Response:
    """Make a bin at a halte that is in use. One that was retired comes back, without its device."""
    return registrar.make("bin", body.id, lambda registry: new_bin(registry, body, registrar.now_s))


@router.patch(
    "/v1/bins/{bin_id}",
    operation_id="change_bin",
    summary="Change a bin",
    response_model=BinInTown,
    dependencies=[needs(Right.CHANGE_TOWN)],
    responses=OF_CHANGING,
)
def change_bin(
    registrar: RegistrarOf, bin_id: BinId, body: BinChange, if_match: IfMatch = None
) -> Response:
    """Change what is given of a bin, and leave the rest.

    `If-Match` asks whether the bin is set up as you read it; its level may have moved.
    """
    return registrar.change(
        "bin",
        bin_id,
        if_match,
        lambda registry: changed_bin(registry, bin_id, body, registrar.now_s),
    )


@router.post(
    "/v1/bins/{bin_id}/retire",
    operation_id="retire_bin",
    summary="Take a bin out of use",
    response_model=BinInTown,
    dependencies=[needs(Right.CHANGE_TOWN)],
    responses=OF_CHANGING,
)
def retire_bin(
    registrar: RegistrarOf,
    bin_id: BinId,
    body: Annotated[Retirement | None, Body()] = None,
    if_match: IfMatch = None,
) -> Response:
    """Retire a bin: its open pickup is withdrawn, its device down. It stays, with its history."""
    return registrar.retire("bin", bin_id, if_match, body)


def known_bin(town: Town, bin_id: str) -> shapes.Bin:
    """One bin. Raises the problem where there is none of that id."""
    found = town.bin(bin_id)
    if found is None:
        raise ProblemError(problems.NOT_FOUND, f"there is no bin {bin_id!r}")
    return found
