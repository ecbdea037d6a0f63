"""How the API does, for people, load balancers and Prometheus."""

from typing import Any, Final

from fastapi import APIRouter
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import PlainTextResponse, Response
from prometheus_client import CONTENT_TYPE_LATEST

from api import health, problems, shapes
from api.dependencies import MetersOf, ServicesOf, may_be
from api.problems import ProblemError
from api.speaking import ViewerOf, needs
from jemput.roles import Right

DOWN: Final[dict[int | str, dict[str, Any]]] = {
    503: {"model": shapes.Readiness, "description": "Something needed is down"}
}
router = APIRouter(tags=["health"])


@router.get("/healthz", operation_id="is_alive", summary="The process runs")
def is_alive() -> shapes.Health:
    """Always ok while the process answers at all."""
    return shapes.Health()


@router.get(
    "/readyz",
    operation_id="is_ready",
    summary="What the API stands on, and how it does",
    responses=DOWN,
)
async def is_ready(services: ServicesOf, response: Response) -> shapes.Readiness:
    """Each dependency with a sentence; 503 only where one that is needed is down."""
    found = await health.readiness(services)
    if found.status is shapes.Standing.DOWN:
        response.status_code = 503
    return found


@router.get(
    "/metrics",
    operation_id="read_metrics",
    summary="Metrics for Prometheus",
    response_class=PlainTextResponse,
    dependencies=[needs(Right.READ)],
    responses=may_be(*problems.OF_SPEAKING, problems.NOT_YOURS),
)
async def read_metrics(meters: MetersOf, viewer: ViewerOf, services: ServicesOf) -> Response:
    """Requests by route and status, and the pipeline as the database knows it, of all sites."""
    if not viewer.sees_all:
        raise ProblemError(problems.NOT_YOURS, "metrics are of all sites, and you are of some")
    trouble = await services.history.trouble()
    text = await run_in_threadpool(meters.text, trouble)
    return Response(text, media_type=CONTENT_TYPE_LATEST)
