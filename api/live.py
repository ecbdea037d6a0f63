"""The live feed: one look at the database a second, shared by all who listen.

Nobody looks while nobody listens. A listener who cannot keep up is let go: it comes back by
itself and starts from a snapshot, so nothing is missed.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from typing import Final

import structlog
from sqlalchemy.exc import SQLAlchemyError
from starlette.concurrency import run_in_threadpool

from api import changes, shapes
from api.services import Limits
from api.town import Town

QUEUE: Final = 30
"""So many looks a listener may be behind."""
COME_BACK_MS: Final = 3000
GREETING: Final = f"retry: {COME_BACK_MS}\n\n".encode()


def pause_s(every_s: float, took_s: float) -> float:
    """How long to wait after a look: a big town is looked at less often, not all the time."""
    return max(every_s, took_s * 4)


class Listener:
    """One client's queue."""

    def __init__(self) -> None:
        """Begin with nothing to say but when to come back."""
        self.started = False
        self._queue: asyncio.Queue[bytes | None] = asyncio.Queue(QUEUE)
        self._queue.put_nowait(GREETING)

    def tell(self, news: bytes) -> None:
        """Queue events; let the listener go where there is no room."""
        try:
            self._queue.put_nowait(news)
        except asyncio.QueueFull:
            self.let_go()

    def let_go(self) -> None:
        """End the stream, whatever waits in it."""
        while not self._queue.empty():
            self._queue.get_nowait()
        self._queue.put_nowait(None)

    async def chunks(self) -> AsyncIterator[bytes]:
        """What is to be sent, until the stream ends."""
        while (chunk := await self._queue.get()) is not None:
            yield chunk


class Feed:
    """All listeners, and the task that looks for them. Lives in one event loop."""

    def __init__(self, town: Town, limits: Limits) -> None:
        """Look at nothing yet."""
        self._town = town
        self.limits = limits
        self._listeners: set[Listener] = set()
        self._seen: shapes.Town | None = None
        self._looking: asyncio.Task[None] | None = None
        self._beat_at = 0.0
        self._closed = False

    @property
    def listeners(self) -> int:
        """How many listen."""
        return len(self._listeners)

    @property
    def is_full(self) -> bool:
        """Whether one more listener is too many."""
        return len(self._listeners) >= self.limits.listeners

    @contextmanager
    def joined(self) -> Iterator[Listener]:
        """Listen for as long as the context lasts."""
        listener = Listener()
        if self._closed:
            listener.let_go()
        elif self._seen is not None:
            self._start(listener, self._seen)
        self._listeners.add(listener)
        if self._looking is None and not self._closed:
            self._looking = asyncio.create_task(self._look_on(), name="jemput.api.live")
        try:
            yield listener
        finally:
            self._listeners.discard(listener)

    def close(self) -> None:
        """End every stream; the process is about to stop."""
        self._closed = True
        for listener in self._listeners:
            listener.let_go()

    async def _look_on(self) -> None:
        loop = asyncio.get_running_loop()
        try:
            while self._listeners and not self._closed:
                began = loop.time()
                await self._look_once()
                await asyncio.sleep(pause_s(self.limits.look_every_s, loop.time() - began))
        finally:
            self._looking, self._seen = None, None
            for listener in self._listeners:
                listener.let_go()

    async def _look_once(self) -> None:
        try:
            picture, news = await run_in_threadpool(self._look, self._seen)
        except SQLAlchemyError as error:
            # No clock event leaves either, and so clients notice.
            structlog.get_logger().warning("live_feed_waits", error=str(error))
            return
        self._seen = picture
        news += self._beat(picture, has_news=bool(news))
        for listener in self._listeners:
            if not listener.started:
                self._start(listener, picture)
            elif news:
                listener.tell(news)

    def _look(self, before: shapes.Town | None) -> tuple[shapes.Town, bytes]:
        after = self._town.all()
        if before is None:
            return after, b""
        return after, b"".join(changes.changes(self._town, before, after))

    def _beat(self, picture: shapes.Town, *, has_news: bool) -> bytes:
        now = asyncio.get_running_loop().time()
        if not has_news and now - self._beat_at < self.limits.heartbeat_s:
            return b""
        self._beat_at = now
        return changes.clock(picture)

    def _start(self, listener: Listener, picture: shapes.Town) -> None:
        listener.started = True
        listener.tell(changes.snapshot(picture))
