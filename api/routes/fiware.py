"""FIWARE: bins and haltes as NGSI-LD entities, for context brokers and dashboards to read."""

from collections.abc import Iterable
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Depends, Header, Path, Query, Request
from fastapi.responses import JSONResponse, Response
from sqlalchemy import select

from api import ngsi, problems
from api.dependencies import ServicesOf, may_be
from api.ngsi import CONTAINER, ISLE, Entity
from api.problems import ProblemError
from api.speaking import TownOf, ViewerOf, needs
from jemput.decisions import IncidentKind
from jemput.roles import Right
from jemput.store.schema import incident

LD: Final = "application/ld+json"
CONTEXT_PATH: Final = "/ngsi-ld/v1/context.jsonld"
DANGERS: Final = {IncidentKind.TILT.value: "dropped", IncidentKind.HEAT.value: "burning"}
UNKNOWN: Final = "unknown"
Options = Annotated[
    Literal["normalized", "keyValues"],
    Query(description="`keyValues` gives values only, without types, units and times"),
]
Count = Annotated[bool, Query(description="NGSILD-Results-Count then says how many there are")]
Accept = Annotated[str, Header(include_in_schema=False)]
ENTITY: Final[dict[str, Any]] = {
    "type": "object",
    "required": ["id", "type", "location"],
    "properties": {
        "id": {"type": "string", "format": "uri"},
        "type": {"type": "string", "enum": [CONTAINER, ISLE]},
        "location": {"type": "object"},
    },
    "example": {
        "id": "urn:ngsi-ld:WasteContainer:pasar-delimas-organic",
        "type": CONTAINER,
        "location": {
            "type": "GeoProperty",
            "value": {"type": "Point", "coordinates": [98.8712, 3.5601]},
        },
        "fillingLevel": {
            "type": "Property",
            "value": 0.78,
            "unitCode": "C62",
            "observedAt": "2026-03-01T01:00:00Z",
        },
    },
}
router = APIRouter(tags=["fiware"])


def _answers(schema: dict[str, Any]) -> dict[int | str, dict[str, Any]]:
    return {200: {"content": {kind: {"schema": schema} for kind in ("application/json", LD)}}}


class Broker:
    """The entities that somebody may read."""

    def __init__(self, services: ServicesOf, town: TownOf, viewer: ViewerOf) -> None:
        """Take who reads what."""
        self.services = services
        self.town = town
        self.viewer = viewer

    def entities(self, kinds: Iterable[str]) -> list[Entity]:
        """Every entity of some types, in an order that stays."""
        makers = {CONTAINER: self._containers, ISLE: self._isles}
        return [one for kind in makers if kind in kinds for one in makers[kind]()]

    def _containers(self) -> list[Entity]:
        registry, now_s = self.services.registry.read(), self.town.now_s()
        dangers = self._dangers()
        found = self.town.bins()
        names = {one.id: one.name for one in found.sites}
        return [
            ngsi.container(
                one,
                names[one.halte.site],
                registry.device_of(one.id, now_s),
                dangers.get(one.id, UNKNOWN),
            )
            for one in found.bins
        ]

    def _isles(self) -> list[Entity]:
        found = self.town.bins()
        names = {one.id: one.name for one in found.sites}
        by_halte: dict[str, list[str]] = {}
        for one in found.bins:
            by_halte.setdefault(one.halte.id, []).append(one.id)
        haltes = {one.halte.id: one.halte for one in found.bins}
        return [
            ngsi.isle(haltes[one], names[haltes[one].site], by_halte[one]) for one in sorted(haltes)
        ]

    def _dangers(self) -> dict[str, str]:
        """Bins that fell over or are hot, as the model calls it; fire outweighs."""
        query = select(incident.c.scope, incident.c.kind).where(
            incident.c.group_id == self.services.group,
            incident.c.closed_ms.is_(None),
            incident.c.kind.in_(DANGERS),
        )
        with self.services.engine.connect() as connection:
            rows = connection.execute(query).all()
        hot_last = sorted(rows, key=lambda row: row.kind == IncidentKind.HEAT.value)
        return {row.scope: DANGERS[row.kind] for row in hot_last}


BrokerOf = Annotated[Broker, Depends()]


@router.get(
    "/ngsi-ld/v1/entities",
    operation_id="list_entities",
    summary="Bins as WasteContainer, haltes as WasteContainerIsle",
    dependencies=[needs(Right.READ)],
    response_class=JSONResponse,
    responses=_answers({"type": "array", "items": ENTITY})
    | may_be(*problems.OF_SPEAKING, problems.NOT_YOURS, problems.INVALID_REQUEST),
)
def list_entities(  # noqa: PLR0913, PLR0917 - as NGSI-LD has it
    request: Request,
    broker: BrokerOf,
    kinds: Annotated[
        str,
        Query(
            alias="type",
            description="WasteContainer, WasteContainerIsle, or both with a comma between",
            max_length=200,
            examples=[CONTAINER],
        ),
    ],
    limit: Annotated[int, Query(ge=0, le=1000)] = 100,
    offset: Annotated[int, Query(ge=0, le=10_000_000)] = 0,
    count: Count = False,  # noqa: FBT002 - a query
    options: Options = "normalized",
    accept: Accept = "",
) -> Response:
    """By id within a type. With `limit=0` and `count`, only how many there are."""
    found = broker.entities(kinds.split(","))
    page = found[offset : offset + limit]
    headers = {"NGSILD-Results-Count": str(len(found))} if count else {}
    links = [] if not page or offset + limit >= len(found) else [_next(request, offset + limit)]
    return _say(request, page, options, accept, headers, links)


@router.get(
    "/ngsi-ld/v1/entities/{entity_id}",
    operation_id="get_entity",
    summary="One entity",
    dependencies=[needs(Right.READ)],
    response_class=JSONResponse,
    responses=_answers(ENTITY)
    | may_be(
        *problems.OF_SPEAKING, problems.NOT_YOURS, problems.NOT_FOUND, problems.INVALID_REQUEST
    ),
)
def get_entity(
    request: Request,
    broker: BrokerOf,
    entity_id: Annotated[str, Path(examples=["urn:ngsi-ld:WasteContainer:pasar-delimas-organic"])],
    options: Options = "normalized",
    accept: Accept = "",
) -> Response:
    """One bin or halte, by its URI."""
    kind = entity_id.removeprefix("urn:ngsi-ld:").partition(":")[0]
    for one in broker.entities([kind]):
        if one["id"] == entity_id:
            return _say(request, one, options, accept, {}, [])
    raise ProblemError(problems.NOT_FOUND, f"there is no entity {entity_id!r}")


@router.get(
    CONTEXT_PATH,
    operation_id="get_context",
    summary="What the attributes mean",
    response_class=JSONResponse,
    responses={200: {"content": {LD: {"schema": {"type": "object"}}}}},
)
def get_context() -> Response:
    """The JSON-LD context of the entities, besides NGSI-LD's own."""
    return JSONResponse(ngsi.CONTEXT, media_type=LD)


def _say(  # noqa: PLR0913, PLR0917 - one answer and all that is around it
    request: Request,
    body: Entity | list[Entity],
    options: str,
    accept: str,
    headers: dict[str, str],
    links: list[str],
) -> Response:
    """As JSON with a link to the context, or as JSON-LD with the context in it."""
    context = [_base(request) + CONTEXT_PATH, ngsi.CORE]
    shown = [_shown(one, options) for one in (body if isinstance(body, list) else [body])]
    headers = {**headers, "Vary": "Accept"}
    wants_ld = LD in accept
    if wants_ld:
        shown = [{**one, "@context": context} for one in shown]
    else:
        rel = "http://www.w3.org/ns/json-ld#context"
        links = [f'<{context[0]}>; rel="{rel}"; type="{LD}"', *links]
    if links:
        headers["Link"] = ", ".join(links)
    said = shown if isinstance(body, list) else shown[0]
    return JSONResponse(said, headers=headers, media_type=LD if wants_ld else None)


def _shown(entity: Entity, options: str) -> Entity:
    return ngsi.simplified(entity) if options == "keyValues" else entity


def _next(request: Request, offset: int) -> str:
    url = request.url.include_query_params(offset=offset)
    return f'<{url.path}?{url.query}>; rel="next"'


def _base(request: Request) -> str:
    """How people reach us; else how this one did."""
    told: str = request.app.state.services.api_url
    return (told or str(request.base_url)).rstrip("/")
