"""The live feed: one look at the database a second, shared by all who listen.

Nobody looks while nobody listens; whoever comes is looked for at once. A listener who cannot keep
up is let go: it comes back by itself and starts from a snapshot, so nothing is missed.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager, suppress
from typing import Final, NamedTuple

import structlog
from sqlalchemy.exc import SQLAlchemyError
from starlette.concurrency import run_in_threadpool

from api import changes
from api.changes import Picture
from api.packing import NOTHING, Gzip, News, Plain, Stream, news, together
from api.roll import Roll
from api.services import Limits
from api.town import Town

QUEUE: Final = 30
"""So many looks a listener may be behind."""
COME_BACK_MS: Final = 3000
GREETING: Final = news(f"retry: {COME_BACK_MS}\n\n".encode())


def pause_s(every_s: float, took_s: float) -> float:
    """How long to wait after a look: a big town is looked at less often, not all the time."""
    return max(every_s, took_s * 4)


class Listener:
    """One client's queue."""

    def __init__(self, *, is_packed: bool = False) -> None:
        """Begin with nothing to say but when to come back."""
        self.started = False
        self._stream: Stream = Gzip() if is_packed else Plain()
        self._queue: asyncio.Queue[News | None] = asyncio.Queue(QUEUE)
        self._queue.put_nowait(GREETING)

    def tell(self, one: News) -> None:
        """Queue events; let the listener go where there is no room."""
        try:
            self._queue.put_nowait(one)
        except asyncio.QueueFull:
            self.let_go()

    def let_go(self) -> None:
        """End the stream, whatever waits in it."""
        while not self._queue.empty():
            self._queue.get_nowait()
        self._queue.put_nowait(None)

    async def chunks(self) -> AsyncIterator[bytes]:
        """What is to be sent, until the stream ends."""
        head = self._stream.head
        while (one := await self._queue.get()) is not None:
            yield head + self._stream.part(one)
            head = b""
        if last := head + self._stream.end():
            yield last


class Look(NamedTuple):
    """What a look found: what is new since the one before, and all for whoever came since."""

    picture: Picture
    news: News
    snapshot: News


class Feed:
    """All listeners, and the task that looks for them. Lives in one event loop."""

    def __init__(self, town: Town, roll: Roll, limits: Limits) -> None:
        """Look at nothing yet."""
        self._town = town
        self._roll = roll
        self.limits = limits
        self._listeners: set[Listener] = set()
        self._seen: Picture | None = None
        self._somebody_came = asyncio.Event()
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
    def joined(self, *, is_packed: bool = False) -> Iterator[Listener]:
        """Listen for as long as the context lasts."""
        listener = Listener(is_packed=is_packed)
        if self._closed:
            listener.let_go()
        self._listeners.add(listener)
        self._somebody_came.set()
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
                self._somebody_came.clear()
                await self._look_once()
                await self._wait(pause_s(self.limits.look_every_s, loop.time() - began))
        finally:
            self._looking, self._seen = None, None
            for listener in self._listeners:
                listener.let_go()

    async def _wait(self, longest_s: float) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(longest_s):
                await self._somebody_came.wait()

    async def _look_once(self) -> None:
        waiting = [one for one in self._listeners if not one.started]
        try:
            found = await run_in_threadpool(self._look, self._seen, has_waiting=bool(waiting))
        except SQLAlchemyError as error:
            # No clock event leaves either, and so clients notice.
            structlog.get_logger().warning("live_feed_waits", error=str(error))
            return
        self._seen = found.picture
        told = together(found.news, self._beat(found.picture, has_news=found.news != NOTHING))
        for listener in self._listeners:
            if listener.started and told != NOTHING:
                listener.tell(told)
            elif listener in waiting:
                listener.started = True
                listener.tell(found.snapshot)

    def _look(self, before: Picture | None, *, has_waiting: bool) -> Look:
        after = changes.look(self._town, self._roll)
        told = b"" if before is None else b"".join(changes.changes(self._town, before, after))
        whole = changes.snapshot(after) if has_waiting else b""
        return Look(after, news(told), news(whole))

    def _beat(self, picture: Picture, *, has_news: bool) -> News:
        now = asyncio.get_running_loop().time()
        if not has_news and now - self._beat_at < self.limits.heartbeat_s:
            return NOTHING
        self._beat_at = now
        return news(changes.clock(picture))
