"""Around every request: headers that keep a browser safe, and the count of what was answered."""

from time import perf_counter
from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.meters import Meters

HEADERS: Final = (
    (
        b"content-security-policy",
        b"default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    ),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
)
UNMATCHED: Final = "unmatched"


class SafeHeaders:
    """Adds the headers to every answer."""

    def __init__(self, app: ASGIApp) -> None:
        """Take what is inside."""
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on, with the headers put in front of what is sent."""

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", ()), *HEADERS]
            await send(message)

        await self.app(scope, receive, with_headers if scope["type"] == "http" else send)


class Counted:
    """Counts answers by method, route and status."""

    def __init__(self, app: ASGIApp, meters: Meters) -> None:
        """Take what is inside."""
        self.app = app
        self.meters = meters

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on, and count when the answer begins."""
        began = perf_counter()

        async def counted(message: Message) -> None:
            if message["type"] == "http.response.start":
                route = _route(scope)
                self.meters.requests.labels(scope["method"], route, message["status"]).inc()
                self.meters.seconds.labels(route).observe(perf_counter() - began)
            await send(message)

        await self.app(scope, receive, counted if scope["type"] == "http" else send)


def _route(scope: Scope) -> str:
    """The route's own path, so that ids do not make a series each."""
    return getattr(scope.get("route"), "path", UNMATCHED)
