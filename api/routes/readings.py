"""Readings: what a bin was, over time."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Query, Response
from fastapi.concurrency import run_in_threadpool
from msgspec import json

from api import problems, shapes
from api.dependencies import ServicesOf, may_be
from api.facts import read_facts
from api.health import history_gap
from api.problems import ProblemError, invalid
from api.routes.bins import BinId, known_bin
from api.speaking import TownOf, needs
from api.times import parse_every, parse_time
from jemput.roles import Right
from jemput.store.history import HistoryDownError

DAY_S: Final = 86_400
MOST_POINTS: Final = 5000
router = APIRouter(tags=["readings"])


@dataclass(frozen=True, slots=True)
class Span:
    """from_s <= time < to_s, and means over `every_s` where that is asked for."""

    from_s: int
    to_s: int
    every_s: int | None


def span(
    town: TownOf,
    from_: Annotated[
        str | None, Query(alias="from", description="A day before `to` where it is not given")
    ] = None,
    to: Annotated[
        str | None, Query(description="Now where it is not given", examples=["1772326800"])
    ] = None,
    every: Annotated[
        str | None, Query(description="Means over such spans", examples=["15m", "1h"])
    ] = None,
) -> Span:
    """The span that a query asks for. Raises the problem where it asks for none."""
    asked_from_s = _parsed("query.from", from_, parse_time)
    asked_to_s = _parsed("query.to", to, parse_time)
    to_s = town.now_s() + 1 if asked_to_s is None else asked_to_s
    from_s = max(0, to_s - DAY_S) if asked_from_s is None else asked_from_s
    every_s = _parsed("query.every", every, parse_every)
    if from_s >= to_s:
        raise invalid("query.from", "must be before `to`")
    if every_s is not None and to_s - from_s > every_s * MOST_POINTS:
        least_s = -(-(to_s - from_s) // MOST_POINTS)
        message = f"gives more than {MOST_POINTS} points: take at least {least_s}s"
        raise invalid("query.every", message)
    return Span(from_s, to_s, every_s)


@router.get(
    "/v1/bins/{bin_id}/readings",
    operation_id="list_readings",
    summary="Readings of a bin",
    response_model=shapes.Readings,
    dependencies=[needs(Right.READ_OWN)],
    responses=may_be(
        *problems.OF_SPEAKING, problems.NOT_FOUND, problems.INVALID_REQUEST, problems.HISTORY_DOWN
    ),
)
async def list_readings(
    services: ServicesOf, town: TownOf, bin_id: BinId, span: Annotated[Span, Depends(span)]
) -> Response:
    """Readings with from <= time < to, oldest first, at most 5,000.

    Times are ISO 8601 with an offset, or Unix seconds. Where `complete` is false, ask again
    from the time of the last one.
    """
    await run_in_threadpool(known_bin, town, bin_id)
    try:
        points = await services.history.read(bin_id, span.from_s, span.to_s, span.every_s)
    except HistoryDownError as error:
        facts = await run_in_threadpool(read_facts, services)
        since_s, sentence = history_gap(facts, error)
        raise ProblemError(problems.HISTORY_DOWN, sentence, since_s=since_s) from error
    except OSError as error:
        raise ProblemError(problems.HISTORY_DOWN, f"the history said: {error}") from error
    said = {
        "bin": bin_id,
        "from_s": span.from_s,
        "to_s": span.to_s,
        "every_s": span.every_s,
        "complete": len(points) < MOST_POINTS,
        "readings": points,
    }
    return Response(json.encode(said), media_type="application/json")


def _parsed(where: str, text: str | None, parse: Callable[[str], int]) -> int | None:
    if text is None:
        return None
    try:
        return parse(text)
    except ValueError as error:
        raise invalid(where, str(error)) from error
