"""Bins: how full they are."""

from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Header, Path, Query
from fastapi.responses import Response

from api import problems, shapes
from api.dependencies import may_be
from api.problems import ProblemError
from api.speaking import TownOf, needs
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
router = APIRouter(tags=["bins"])


@router.get(
    "/v1/bins",
    operation_id="list_bins",
    summary="Every bin with its level",
    response_model=shapes.Bins,
    dependencies=[needs(Right.READ_OWN)],
    responses=BOTH | may_be(*problems.OF_SPEAKING, problems.INVALID_REQUEST),
)
def list_bins(
    town: TownOf,
    form: Annotated[
        Literal["json", "geojson"] | None,
        Query(alias="format", description="`geojson` gives a FeatureCollection, as Accept does"),
    ] = None,
    accept: Annotated[str, Header(include_in_schema=False)] = "",
) -> Response | shapes.Bins:
    """Every bin, by id: its level, whether it is known, and the open pickup that you may see."""
    found = town.bins()
    wants_geojson = form == "geojson" or (form is None and GEOJSON in accept)
    if not wants_geojson:
        return found
    body = _features(found.bins).model_dump_json()
    return Response(body, media_type=GEOJSON, headers={"Vary": "Accept"})


@router.get(
    "/v1/bins/{bin_id}",
    operation_id="get_bin",
    summary="One bin",
    dependencies=[needs(Right.READ_OWN)],
    responses=may_be(*problems.OF_SPEAKING, problems.NOT_FOUND),
)
def get_bin(town: TownOf, bin_id: BinId) -> shapes.Bin:
    """One bin as it stands."""
    return known_bin(town, bin_id)


def known_bin(town: Town, bin_id: str) -> shapes.Bin:
    """One bin. Raises the problem where there is none of that id."""
    found = town.bin(bin_id)
    if found is None:
        raise ProblemError(problems.NOT_FOUND, f"there is no bin {bin_id!r}")
    return found


def _features(bins: list[shapes.Bin]) -> shapes.FeatureCollection:
    return shapes.FeatureCollection(
        features=[
            shapes.Feature(
                id=one.id,
                geometry=shapes.PointGeometry(coordinates=(one.halte.lon, one.halte.lat)),
                properties=one,
            )
            for one in bins
        ]
    )
