"""Collectors: who fetches waste, and how they are told."""

from typing import Annotated

from fastapi import APIRouter, Body, Depends, Path, Query, Response
from msgspec.structs import replace

from api import things
from api.etags import IfMatch
from api.reader import Asked, Reader
from api.registrar import OF_CHANGING, OF_LISTING, OF_MAKING, OF_ONE, Registrar
from api.showing import show_collector
from api.speaking import needs
from jemput.changes import Change, PutCollector
from jemput.registry import Registry
from jemput.roles import Right
from jemput.things import Collector

CollectorId = Annotated[str, Path(description="A collector's id", examples=["budi"])]
LISTS = ("zones", "wastes", "channels")
router = APIRouter(tags=["registry"])


@router.get(
    "/v1/collectors",
    operation_id="list_collectors",
    summary="Collectors",
    dependencies=[needs(Right.READ)],
    responses=OF_LISTING,
)
def list_collectors(
    reader: Annotated[Reader, Depends()],
    asked: Annotated[Asked, Depends()],
    zone: Annotated[str | None, Query(description="Only who serves this zone")] = None,
    waste: Annotated[str | None, Query(description="Only who fetches this kind")] = None,
) -> things.Collectors:
    """Collectors, a page at a time, without their secrets."""
    known = reader.registry.collectors

    def where(one: str) -> bool:
        of_zone = zone is None or zone in known[one].zones
        return of_zone and (waste is None or known[one].serves(waste))

    some = reader.page("collector", asked, where)
    return things.Collectors(
        collectors=[show_collector(reader.registry, one) for one in some.items], next=some.next
    )


@router.get(
    "/v1/collectors/{collector_id}",
    operation_id="get_collector",
    summary="One collector",
    response_model=things.CollectorInTown,
    dependencies=[needs(Right.READ)],
    responses=OF_ONE,
)
def get_collector(reader: Annotated[Reader, Depends()], collector_id: CollectorId) -> Response:
    """One collector, in use or retired, without the secret."""
    return reader.one("collector", collector_id, show_collector)


@router.post(
    "/v1/collectors",
    operation_id="make_collector",
    summary="Make a collector",
    status_code=201,
    response_model=things.CollectorInTown,
    dependencies=[needs(Right.CHANGE_TOWN)],
    responses=OF_MAKING,
)
def make_collector(
    registrar: Annotated[Registrar, Depends()], body: things.NewCollector
) -> Response:
    """Make a collector. One that was retired comes back, and is called again."""

    def build(registry: Registry) -> list[Change]:
        given = body.model_dump() | {name: tuple(getattr(body, name)) for name in LISTS}
        return [PutCollector(_checked(registry, Collector(**given)))]

    return registrar.make("collector", body.id, build)


@router.patch(
    "/v1/collectors/{collector_id}",
    operation_id="change_collector",
    summary="Change a collector",
    response_model=things.CollectorInTown,
    dependencies=[needs(Right.CHANGE_TOWN)],
    responses=OF_CHANGING,
)
def change_collector(
    registrar: Annotated[Registrar, Depends()],
    collector_id: CollectorId,
    body: things.CollectorChange,
    if_match: IfMatch = None,
) -> Response:
    """Change what is given of a collector, and leave the rest. Pickups stay with whom they are."""

    def build(registry: Registry) -> list[Change]:
        given = body.model_dump(exclude_unset=True)
        given |= {name: tuple(given[name]) for name in LISTS if name in given}
        changed = replace(registry.collectors[collector_id], **given)
        return [PutCollector(_checked(registry, changed))]

    return registrar.change("collector", collector_id, if_match, build)


@router.post(
    "/v1/collectors/{collector_id}/retire",
    operation_id="retire_collector",
    summary="Take a collector out of use",
    response_model=things.CollectorInTown,
    dependencies=[needs(Right.CHANGE_TOWN)],
    responses=OF_CHANGING,
)
def retire_collector(
    registrar: Annotated[Registrar, Depends()],
    collector_id: CollectorId,
    body: Annotated[things.Retirement | None, Body()] = None,
    if_match: IfMatch = None,
) -> Response:
    """Retire a collector. What they did not accept goes to whoever is next, or to the operator.

    Their account is another thing: `jemput account retire`.
    """
    return registrar.retire("collector", collector_id, if_match, body)


def _checked(registry: Registry, collector: Collector) -> Collector:
    missing = [one for one in collector.zones if one not in registry.zones]
    if missing:
        message = f"collector {collector.id}: there is no zone {missing[0]!r}; make the zone first"
        raise ValueError(message)
    return collector
