"""Whether a browser was sent here by another web site, and what a session's cookie must be."""

from typing import Final
from urllib.parse import urlsplit

from fastapi import Request

from api import problems
from api.problems import ProblemError
from api.services import Services

COOKIE: Final = "jemput_session"
SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
OWN: Final = frozenset({"same-origin", "none"})


def refuse_elsewhere(request: Request, services: Services, *, by_cookie: bool) -> None:
    """Raise the problem where another site may have made the browser ask.

    A browser adds the cookie by itself, so there it has to say where the request came from;
    a program that sends its own credentials need not.
    """
    if request.method in SAFE:
        return
    site, origin = request.headers.get("Sec-Fetch-Site"), request.headers.get("Origin")
    if site is not None and site not in OWN:
        raise ProblemError(problems.FROM_ELSEWHERE, "the browser says that another site asked")
    if origin is not None and not _is_ours(origin, request, services):
        raise ProblemError(problems.FROM_ELSEWHERE, "the browser names another site as its origin")
    if by_cookie and site != "same-origin" and origin is None:
        message = "a session's cookie came without Sec-Fetch-Site or Origin"
        raise ProblemError(problems.FROM_ELSEWHERE, message)


def is_secure(request: Request, services: Services) -> bool:
    """Whether a cookie shall travel by https only."""
    return "https" in {request.url.scheme, urlsplit(services.api_url).scheme}


def is_page(request: Request) -> bool:
    """Whether a script of a page asks: it shows its own form, the browser need not ask too."""
    return request.headers.get("Sec-Fetch-Mode", "navigate") != "navigate"


def _is_ours(origin: str, request: Request, services: Services) -> bool:
    host = urlsplit(origin).netloc
    return bool(host) and host in {request.headers.get("Host"), urlsplit(services.api_url).netloc}
