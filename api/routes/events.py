"""Events: the town, live."""

import asyncio
from typing import Any, Final

from fastapi import APIRouter, Request
from fastapi.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from api import problems
from api.dependencies import FeedOf, may_be
from api.live import Feed, Listener
from api.problems import ProblemError
from api.speaking import ViewerOf, needs
from jemput.roles import Right

MEDIA_TYPE: Final = "text/event-stream"
ENCODING: Final = "Accept-Encoding"
STREAM: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "description": "Server-sent events, for as long as the client stays",
        "content": {
            MEDIA_TYPE: {"example": 'event: clock\ndata: {"now_s":1772326800}\n\n'},
        },
    }
}
router = APIRouter(tags=["events"])


class EventStream(StreamingResponse):
    """Listens from its first byte to the client's leaving, and no longer."""

    media_type = MEDIA_TYPE

    def __init__(self, feed: Feed, longest_s: float | None, *, is_packed: bool) -> None:
        """Join nothing yet; end after `longest_s`, where that is given."""
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no", "Vary": ENCODING}
        if is_packed:
            headers["Content-Encoding"] = "gzip"
        super().__init__(iter(()), headers=headers)
        self._feed = feed
        self._is_packed = is_packed
        self._longest_s = longest_s

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send until either side ends."""
        with self._feed.joined(is_packed=self._is_packed) as listener:
            self.body_iterator = listener.chunks()
            ending = self._end_later(listener)
            try:
                await super().__call__(scope, receive, send)
            finally:
                if ending is not None:
                    ending.cancel()

    def _end_later(self, listener: Listener) -> asyncio.TimerHandle | None:
        if self._longest_s is None:
            return None
        return asyncio.get_running_loop().call_later(self._longest_s, listener.let_go)


@router.get(
    "/v1/events",
    operation_id="listen",
    summary="The town, live",
    response_class=StreamingResponse,
    dependencies=[needs(Right.READ)],
    responses=STREAM
    | may_be(*problems.OF_SPEAKING, problems.NOT_YOURS, problems.TOO_MANY_LISTENERS),
)
async def listen(request: Request, feed: FeedOf, viewer: ViewerOf) -> EventStream:
    """First `snapshot` (a Town), then `bin` (a Bin) and `pickup` (a Pickup) as they change.

    `clock` (a Now) comes with every change and at least every ten seconds. A new connection
    starts with a snapshot again, so `Last-Event-ID` is not needed. It is of the whole town:
    who sees a part of it asks for bins and pickups instead. Where reading needs a user, a
    connection ends after a few minutes, and the next one is asked who it is anew.
    """
    if not viewer.sees_all:
        message = "the live town is of all sites; ask GET /v1/bins and GET /v1/pickups for yours"
        raise ProblemError(problems.NOT_YOURS, message)
    if feed.is_full:
        message = f"{feed.listeners} listen already"
        raise ProblemError(problems.TOO_MANY_LISTENERS, message, {"Retry-After": "10"})
    longest_s = None if viewer.is_open else feed.limits.listen_s
    is_packed = "gzip" in request.headers.get(ENCODING, "")
    return EventStream(feed, longest_s, is_packed=is_packed)
