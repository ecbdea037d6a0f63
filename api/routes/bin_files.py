"""Many bins at once: from a file and back; and the catalogue of common ones."""

from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Depends, Query, Request, Response

from api import problems
from api.bin_shapes import BinType, BinTypes, Imported, RefusedRow
from api.dependencies import ServicesOf, may_be
from api.problems import invalid
from api.registrar import OF_LISTING, OF_READING, Registrar
from api.showing import show_geometry
from api.speaking import ViewerOf, needs
from jemput.bin_types import BIN_TYPES
from jemput.csv_rows import RowError
from jemput.imports.export import to_csv, to_geojson
from jemput.imports.files import rows_of
from jemput.imports.plan import Plan, plan
from jemput.roles import Right
from jemput.store.registry import RefusedChangeError

CSV: Final = "text/csv"
GEOJSON: Final = "application/geo+json"
LARGEST_BYTES: Final = 10_000_000
TEXT: Final = {"schema": {"type": "string"}}
EXAMPLE: Final = (
    "bin,waste,halte,site,lat,lon,bin_type\n"
    "pasar-organic,organic,pasar,lubuk-pakam,3.5583,98.8721,wheelie-240\n"
)
BODY: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "content": {
            CSV: {**TEXT, "example": EXAMPLE},
            GEOJSON: {"schema": {"type": "object"}},
        },
    }
}
FILES: Final[dict[int | str, dict[str, Any]]] = {
    200: {"content": {CSV: TEXT, GEOJSON: {"schema": {"type": "object"}}}}
}
router = APIRouter(tags=["files"])


async def file_of(request: Request) -> str:
    """The body as text. Raises the problem where it is too large, or no text."""
    parts: list[bytes] = []
    size = 0
    async for part in request.stream():
        size += len(part)
        if size > LARGEST_BYTES:
            raise invalid("body", f"at most {LARGEST_BYTES} bytes: cut the file into several")
        parts.append(part)
    try:
        return b"".join(parts).decode()
    except UnicodeDecodeError:
        raise invalid("body", "not UTF-8: save it as UTF-8 (CSV UTF-8)") from None


@router.post(
    "/v1/bins/import",
    operation_id="import_bins",
    summary="Take a file of bins",
    dependencies=[needs(Right.CHANGE_TOWN)],
    openapi_extra=BODY,
    responses=may_be(
        *problems.OF_SPEAKING,
        problems.NOT_YOURS,
        problems.FROM_ELSEWHERE,
        problems.REFUSED_CHANGE,
        problems.INVALID_REQUEST,
    ),
)
def import_bins(
    registrar: Annotated[Registrar, Depends()],
    text: Annotated[str, Depends(file_of)],
    dry_run: Annotated[bool, Query(description="Say what would change")] = False,  # noqa: FBT002 - a query
) -> Imported:
    """Take every good row of a CSV or GeoJSON file and name each bad one, with what to do.

    Doing it twice changes nothing. Rows of sites that are not yours are refused.
    """
    services, user = registrar.services, registrar.user
    try:
        rows = rows_of(text)
        planned = plan(rows, services.registry.read(), registrar.now_s, user.sites or None)
    except RowError as error:
        raise invalid("body", str(error)) from error
    if not dry_run:
        now_ms = services.clock.now_ms()
        try:
            services.registry.change(planned.changes, by=user.name, now_ms=now_ms)
        except RefusedChangeError as error:
            # Somebody changed the town while the file was read.
            message = f"{error}; import the file again: what was taken is not taken twice"
            raise problems.ProblemError(problems.REFUSED_CHANGE, message) from error
    return _told(planned, dry_run=dry_run)


@router.get(
    "/v1/bins/export",
    operation_id="export_bins",
    summary="Bins as a file that import takes",
    response_class=Response,
    dependencies=[needs(Right.READ)],
    responses=FILES | OF_LISTING,
)
def export_bins(
    services: ServicesOf,
    viewer: ViewerOf,
    form: Annotated[Literal["csv", "geojson"], Query(alias="format")] = "csv",
) -> Response:
    """Every bin in use as a row, or as a point of a map, with what hangs on it now."""
    now_s = services.clock.now_ms() // 1000
    write = to_geojson if form == "geojson" else to_csv
    text = write(services.registry.look(), now_s, viewer.only_sites)
    named = {"Content-Disposition": f'attachment; filename="bins.{form}"'}
    return Response(text, media_type=GEOJSON if form == "geojson" else CSV, headers=named)


@router.get(
    "/v1/bin-types",
    operation_id="list_bin_types",
    summary="A catalogue of common bins",
    dependencies=[needs(Right.READ)],
    responses=OF_READING,
)
def list_bin_types() -> BinTypes:
    """Common bins with their distances, for whoever cannot measure theirs yet."""
    types = [BinType(id=name, geometry=show_geometry(one)) for name, one in BIN_TYPES.items()]
    return BinTypes(bin_types=types)


def _told(planned: Plan, *, dry_run: bool) -> Imported:
    refused = [
        RefusedRow(row=one.row, wrong=one.wrong, remedy=one.remedy) for one in planned.refused
    ]
    return Imported(
        dry_run=dry_run, changed=planned.changed, unchanged=planned.unchanged, refused=refused
    )
