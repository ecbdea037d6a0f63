"""Who is speaking: what a request carries, checked at the gate; and the rights a route needs."""

from threading import BoundedSemaphore, Lock
from typing import Annotated, Any, Final

from fastapi import Depends, Request
from fastapi.security import APIKeyCookie, HTTPAuthorizationCredentials, HTTPBearer
from fastapi.security.http import HTTPBasicCredentials

from api import problems
from api.basic import Utf8Basic
from api.dependencies import ServicesOf
from api.idempotency import claim_key
from api.origin import COOKIE, is_page, refuse_elsewhere
from api.problems import ProblemError
from api.services import Services
from api.town import Town
from api.viewer import Viewer
from jemput.roles import Right, User

CHALLENGE: Final = 'Basic realm="jemput", charset="UTF-8"'
QUIET_CHALLENGE: Final = 'Bearer realm="jemput"'
MOST_WAITING: Final = 16
BUSY_S: Final = 2
_basic = Utf8Basic(scheme_name="HTTPBasic", description="An account's name and password")
_bearer = HTTPBearer(auto_error=False, description="An API key: `jk_…`")
_cookie = APIKeyCookie(name=COOKIE, auto_error=False, description="POST /v1/session sets it")
_checking = Lock()
"""One password at a time: argon2 takes 64 MB."""
_waiting = BoundedSemaphore(MOST_WAITING)
"""Fewer than the threads there are: who guesses must not keep those who know from being served."""


def authenticated(request: Request, services: Services, name: str, password: str) -> User:
    """Whose password it is. Raises the problem where it is nobody's, or guessed too often."""
    address = request.client.host if request.client else ""
    _refuse_guessing(services, name, address)
    if found := services.gate.recall(name, password):
        return found
    if not _waiting.acquire(blocking=False):
        raise _too_many(BUSY_S)
    try:
        with _checking:
            _refuse_guessing(services, name, address)
            found = services.gate.recall(name, password) or services.gate.by_password(
                name, password
            )
            if found is None:
                services.tries.failed(name, address)
    finally:
        _waiting.release()
    if found is None:
        raise no_user(request, "no user has this name and password")
    return found


def no_user(request: Request, sentence: str) -> ProblemError:
    """Nobody is speaking; a program is told how, a page asks people itself."""
    challenge = QUIET_CHALLENGE if is_page(request) else f"{CHALLENGE}, {QUIET_CHALLENGE}"
    return ProblemError(problems.NO_USER, sentence, {"WWW-Authenticate": challenge})


def speaker(
    request: Request,
    services: ServicesOf,
    basic: Annotated[HTTPBasicCredentials | None, Depends(_basic)],
    bearer: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)],
    token: Annotated[str | None, Depends(_cookie)],
) -> User | None:
    """Who is speaking; None where a request carries nothing, or a session that ended."""
    has_header = "Authorization" in request.headers
    refuse_elsewhere(request, services, by_cookie=token is not None and not has_header)
    if basic is not None:
        return authenticated(request, services, basic.username, basic.password)
    if bearer is not None:
        if found := services.gate.by_key(bearer.credentials):
            return found
        raise no_user(request, "no user has this key: it was revoked, ended, or never was one")
    if has_header:
        raise no_user(request, "Authorization is neither Basic nor Bearer, or cannot be read")
    return services.gate.by_session(token) if token else None


async def viewer(services: ServicesOf, user: Annotated[User | None, Depends(speaker)]) -> Viewer:
    """What they may see."""
    return Viewer(user, services.open_reading)


async def town(services: ServicesOf, viewer: "ViewerOf") -> Town:
    """The town as they see it."""
    return Town(services, viewer)


async def user(request: Request, viewer: "ViewerOf") -> User:
    """Who is speaking. Raises the problem where nobody is."""
    if viewer.user is None:
        raise no_user(request, "this needs a user")
    return viewer.user


ViewerOf = Annotated[Viewer, Depends(viewer)]
TownOf = Annotated[Town, Depends(town)]
UserOf = Annotated[User, Depends(user)]


def needs(right: Right) -> Any:  # noqa: ANN401 - as FastAPI types Depends
    """The right that a route needs, for its `dependencies`.

    Who has it claims the key that the request bears: see `api.idempotency`.
    """

    async def check(request: Request, services: ServicesOf, viewer: ViewerOf) -> None:
        if right in viewer.rights:
            await claim_key(request, services, viewer.user)
            return
        if viewer.user is None:
            raise no_user(request, f"a user is needed to {_what(right)}")
        message = f"a user who is {viewer.user.role} may not {_what(right)}; ask an operator"
        raise ProblemError(problems.NOT_YOURS, message)

    return Depends(check)


def _what(right: Right) -> str:
    """The right in a sentence."""
    told = {Right.READ: "read the whole town", Right.READ_OWN: "read here"}
    return told.get(right, right.value)


def _refuse_guessing(services: Services, name: str, address: str) -> None:
    if wait_s := services.tries.wait_s(name, address):
        raise _too_many(wait_s)


def _too_many(wait_s: int) -> ProblemError:
    message = f"too many passwords were tried: try again in {wait_s} s"
    return ProblemError(problems.TOO_MANY_TRIES, message, {"Retry-After": str(wait_s)})
