"""Events: the town, live."""

from typing import Any, Final

from fastapi import APIRouter
from fastapi.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from api import problems
from api.dependencies import FeedOf, may_be
from api.live import Feed
from api.problems import ProblemError

MEDIA_TYPE: Final = "text/event-stream"
STREAM: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "description": "Server-sent events, for as long as the client stays",
        "content": {
            MEDIA_TYPE: {
                "schema": {"type": "string"},
                "example": 'event: clock\ndata: {"now_s":1772326800}\n\n',
            }
        },
    }
}
router = APIRouter(tags=["events"])


class EventStream(StreamingResponse):
    """Listens from its first byte to the client's leaving, and no longer."""

    media_type = MEDIA_TYPE

    def __init__(self, feed: Feed) -> None:
        """Join nothing yet."""
        super().__init__(iter(()), headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"})
        self._feed = feed

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send until either side ends."""
        with self._feed.joined() as listener:
            self.body_iterator = listener.chunks()
            await super().__call__(scope, receive, send)


@router.get(
    "/v1/events",
    operation_id="listen",
    summary="The town, live",
    response_class=StreamingResponse,
    responses=STREAM | may_be(problems.TOO_MANY_LISTENERS),
)
async def listen(feed: FeedOf) -> EventStream:
    """First `snapshot` (a Town), then `bin` (a Bin) and `pickup` (a Pickup) as they change.

    `clock` (a Now) comes with every change and at least every ten seconds. A new connection
    starts with a snapshot again, so `Last-Event-ID` is not needed.
    """
    if feed.is_full:
        message = f"{feed.listeners} listen already"
        raise ProblemError(problems.TOO_MANY_LISTENERS, message, {"Retry-After": "10"})
    return EventStream(feed)
