"""Sites: the haltes of one kecamatan, and how their alerts leave."""

from typing import Annotated, Any

from fastapi import APIRouter, Body, Depends, Path, Response
from msgspec.structs import replace

from api import things
from api.etags import IfMatch
from api.overriding import override
from api.reader import Asked, Reader
from api.registrar import OF_CHANGING, OF_LISTING, OF_MAKING, OF_ONE, Registrar
from api.showing import show_site
from api.speaking import needs
from jemput.changes import Change, PutSite
from jemput.registry import Registry
from jemput.roles import Right
from jemput.things import Site

SiteId = Annotated[str, Path(description="A site's id", examples=["lubuk-pakam"])]
router = APIRouter(tags=["registry"])


@router.get(
    "/v1/sites",
    operation_id="list_sites",
    summary="Sites",
    dependencies=[needs(Right.READ_OWN)],
    responses=OF_LISTING,
)
def list_sites(
    reader: Annotated[Reader, Depends()], asked: Annotated[Asked, Depends()]
) -> things.Sites:
    """Sites, a page at a time."""
    some = reader.page("site", asked)
    return things.Sites(
        sites=[show_site(reader.registry, one) for one in some.items], next=some.next
    )


@router.get(
    "/v1/sites/{site_id}",
    operation_id="get_site",
    summary="One site",
    response_model=things.SiteInTown,
    dependencies=[needs(Right.READ_OWN)],
    responses=OF_ONE,
)
def get_site(reader: Annotated[Reader, Depends()], site_id: SiteId) -> Response:
    """One site, in use or retired."""
    return reader.one("site", site_id, show_site)


@router.post(
    "/v1/sites",
    operation_id="make_site",
    summary="Make a site",
    status_code=201,
    response_model=things.SiteInTown,
    dependencies=[needs(Right.CHANGE_TOWN)],
    responses=OF_MAKING,
)
def make_site(registrar: Annotated[Registrar, Depends()], body: things.NewSite) -> Response:
    """Make a site. One that was retired comes back."""

    def build(registry: Registry) -> list[Change]:
        site = _checked(Site(body.id, body.name, body.grouping, tuple(body.waves)))
        return [PutSite(site), *override(registry, "site", site.id, _thresholds(body))]

    return registrar.make("site", body.id, build)


@router.patch(
    "/v1/sites/{site_id}",
    operation_id="change_site",
    summary="Change a site",
    response_model=things.SiteInTown,
    dependencies=[needs(Right.CHANGE_TOWN)],
    responses=OF_CHANGING,
)
def change_site(
    registrar: Annotated[Registrar, Depends()],
    site_id: SiteId,
    body: things.SiteChange,
    if_match: IfMatch = None,
) -> Response:
    """Change what is given of a site, and leave the rest."""

    def build(registry: Registry) -> list[Change]:
        thresholds = _thresholds(body)
        given = body.model_dump(exclude_unset=True, exclude=set(thresholds))
        if "waves" in given:
            given["waves"] = tuple(given["waves"])
        site = _checked(replace(registry.sites[site_id], **given))
        return [PutSite(site), *override(registry, "site", site_id, thresholds)]

    return registrar.change("site", site_id, if_match, build)


@router.post(
    "/v1/sites/{site_id}/retire",
    operation_id="retire_site",
    summary="Take a site out of use",
    response_model=things.SiteInTown,
    dependencies=[needs(Right.CHANGE_TOWN)],
    responses=OF_CHANGING,
)
def retire_site(
    registrar: Annotated[Registrar, Depends()],
    site_id: SiteId,
    body: Annotated[things.Retirement | None, Body()] = None,
    if_match: IfMatch = None,
) -> Response:
    """Retire a site whose haltes all are. It stays, with its history."""
    return registrar.retire("site", site_id, if_match, body)


def _checked(site: Site) -> Site:
    if site.grouping == "waves" and not site.waves:
        raise ValueError("grouping by waves needs times: give waves, such as 07:00")
    return site


def _thresholds(body: things.NewSite | things.SiteChange) -> dict[str, Any]:
    names = {"call_percent", "rearm_percent"}
    return body.model_dump(exclude_unset=True, include=names)
