"""Turns everything that a route may raise into a problem."""

from http import HTTPStatus
from typing import Any, Final

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from sqlalchemy import Engine
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.routing import compile_path

from api import problems
from api.problems import MEDIA_TYPE, Kind, ProblemError, answer
from jemput.pickup import RefusedError
from jemput.store.database import Moved, moved_to
from jemput.store.pickups import UnknownPickupError

BY_STATUS: Final = {
    kind.status: kind
    for kind in (problems.NOT_FOUND, problems.METHOD_NOT_ALLOWED, problems.NO_USER)
}
SENTENCES: Final = {
    problems.NOT_FOUND.status: "nothing is at {path}; /openapi.json lists what there is",
    problems.METHOD_NOT_ALLOWED.status: "{path} does not take {method}",
}
PREFIX: Final = "Value error, "


def add_problems(app: FastAPI) -> None:
    """Make every error of an app a problem."""
    app.exception_handler(ProblemError)(_as_it_is)
    app.exception_handler(HTTPException)(_of_status)
    app.exception_handler(RequestValidationError)(_of_validation)
    app.exception_handler(UnknownPickupError)(_of_unknown_pickup)
    app.exception_handler(RefusedError)(_of_refusal)
    app.exception_handler(OperationalError)(_of_database)
    app.exception_handler(PoolTimeoutError)(_of_database)
    app.exception_handler(IntegrityError)(_of_closed_database)
    app.exception_handler(Exception)(_of_anything)


def methods_at(app: FastAPI, path: str) -> list[str]:
    """Every method that an address takes, where the description has it.

    Each method is a route of its own there, and whichever is found first knows only itself.
    """
    paths = app.openapi()["paths"]
    if path in paths:  # the nearest: `/v1/bins/export` is no bin of that name
        return sorted(method.upper() for method in paths[path])
    found = (
        operations
        for template, operations in paths.items()
        if compile_path(template)[0].fullmatch(path)
    )
    return sorted({method.upper() for operations in found for method in operations})


def _answer(request: Request, kind: Kind, detail: str, **members: object) -> JSONResponse:
    return answer(ProblemError(kind, detail, None, **members), request.url.path)


async def _as_it_is(request: Request, error: ProblemError) -> Response:
    return answer(error, request.url.path)


async def _of_status(request: Request, error: HTTPException) -> Response:
    headers = dict(error.headers or {})
    path, status = request.url.path, error.status_code
    if status == HTTPStatus.BAD_REQUEST:
        # FastAPI's word for bytes that are no text; other bodies that are no JSON are validated.
        errors = [{"where": "body", "message": "must be JSON in UTF-8"}]
        return _answer(
            request, problems.INVALID_REQUEST, "body: must be JSON in UTF-8", errors=errors
        )
    if status == HTTPStatus.METHOD_NOT_ALLOWED and (taken := methods_at(request.app, path)):
        headers["Allow"] = ", ".join(taken)
    if status in BY_STATUS:
        sentence = SENTENCES.get(status, str(error.detail))
        detail = sentence.format(path=path, method=request.method)
        return answer(ProblemError(BY_STATUS[status], detail, headers), path)
    body = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": str(error.detail),
        "instance": path,
    }
    return JSONResponse(body, status, headers, MEDIA_TYPE)


async def _of_validation(request: Request, error: RequestValidationError) -> Response:
    errors = [_part(one) for one in error.errors()]
    detail = "; ".join(f"{one['where']}: {one['message']}" for one in errors)
    return _answer(request, problems.INVALID_REQUEST, detail, errors=errors)


def _part(error: dict[str, Any]) -> dict[str, str]:
    where = ".".join(str(step) for step in error["loc"])
    return {"where": where, "message": str(error["msg"]).removeprefix(PREFIX)}


async def _of_unknown_pickup(request: Request, error: UnknownPickupError) -> Response:
    return _answer(request, problems.NOT_FOUND, f"there is no pickup {error.args[0]!r}")


async def _of_refusal(request: Request, error: RefusedError) -> Response:
    return _answer(request, problems.REFUSED_MOVE, str(error))


async def _of_database(request: Request, error: OperationalError | PoolTimeoutError) -> Response:
    structlog.get_logger().warning("database_down", path=request.url.path, error=str(error))
    return _answer(request, problems.DATABASE_DOWN, "the database is locked, full or away")


async def _of_closed_database(request: Request, error: IntegrityError) -> Response:
    """A town that moved takes nothing; anything else that does not fit is nobody's expectation."""
    moved = await run_in_threadpool(_moved, request.app.state.services.engine)
    if moved is None:
        raise error
    return _answer(request, problems.DATABASE_MOVED, moved.sentence)


def _moved(engine: Engine) -> Moved | None:
    with engine.connect() as connection:
        return moved_to(connection)


async def _of_anything(request: Request, _: Exception) -> Response:
    """The server logs the error itself, with its traceback."""
    return _answer(request, problems.INTERNAL, "an error that nobody expected; it is in the log")
