"""Sessions: a browser signs in once and sends a cookie that no script can read."""

from typing import Annotated

from fastapi import APIRouter, Cookie, Request, Response

from api import people, problems
from api.dependencies import ServicesOf, may_be
from api.origin import COOKIE, is_secure, refuse_elsewhere
from api.speaking import ViewerOf, authenticated
from api.viewer import Viewer
from jemput.store.credentials import SESSION_MS

router = APIRouter(tags=["session"])


@router.post(
    "/v1/session",
    operation_id="sign_in",
    summary="Sign in",
    responses=may_be(
        problems.NO_USER,
        problems.FROM_ELSEWHERE,
        problems.INVALID_REQUEST,
        problems.TOO_MANY_TRIES,
    ),
)
def sign_in(
    request: Request, services: ServicesOf, body: people.SignIn, response: Response
) -> people.Session:
    """Sets the cookie of a session, which lasts twelve hours. Programs use API keys instead."""
    refuse_elsewhere(request, services, by_cookie=False)
    user = authenticated(request, services, body.name, body.password)
    response.set_cookie(
        COOKIE,
        services.gate.sign_in(user),
        max_age=SESSION_MS // 1000,
        secure=is_secure(request, services),
        httponly=True,
        samesite="strict",
    )
    return _shown(Viewer(user, services.open_reading))


@router.delete(
    "/v1/session",
    operation_id="sign_out",
    summary="Sign out",
    status_code=204,
    responses=may_be(problems.FROM_ELSEWHERE),
)
def sign_out(
    request: Request,
    services: ServicesOf,
    response: Response,
    token: Annotated[str | None, Cookie(alias=COOKIE, include_in_schema=False)] = None,
) -> None:
    """Ends the session of the cookie, if there is one."""
    refuse_elsewhere(request, services, by_cookie=token is not None)
    if token:
        services.gate.sign_out(token)
    response.delete_cookie(
        COOKIE, secure=is_secure(request, services), httponly=True, samesite="strict"
    )


@router.get(
    "/v1/session",
    operation_id="who_am_i",
    summary="Who one is, and what one may do",
    responses=may_be(*problems.OF_SPEAKING),
)
def who_am_i(viewer: ViewerOf, response: Response) -> people.Session:
    """`user` is null where nobody is signed in; `rights` then tells whether reading is open."""
    response.headers["Cache-Control"] = "no-store"
    return _shown(viewer)


def _shown(viewer: Viewer) -> people.Session:
    user = viewer.user
    known = people.Known(name=user.name, role=user.role, sites=list(user.sites)) if user else None
    return people.Session(
        user=known,
        rights=sorted(viewer.rights),
        may_listen=viewer.sees_all,
    )
