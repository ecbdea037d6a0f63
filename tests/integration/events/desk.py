"""A database where pickups move, a receiver of webhooks, and what tells it."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any, Final

from aiohttp import web
from aiohttp.test_utils import TestServer
from multidict import CIMultiDictProxy
from sqlalchemy import Engine

from ingest.events.teller import Teller
from jemput.pickup import Pickup, Reason, State, Why
from jemput.store.database import create_tables, open_database
from jemput.store.deliveries import Deliveries
from jemput.store.pickups import Pickups
from jemput.store.subscriptions import Subscriptions, Wanted

GROUP: Final = "main"
START_MS: Final = 1_772_326_800_000
_numbers: Final = count()


@dataclass
class HandClock:
    """Goes when a test says so."""

    ms: int = START_MS

    def now_ms(self) -> int:
        """Unix milliseconds."""
        return self.ms


@dataclass
class Post:
    """One call of the receiver."""

    headers: CIMultiDictProxy[str]
    body: bytes

    @property
    def id(self) -> str:
        """Of which event."""
        return self.headers["webhook-id"]

    @property
    def event(self) -> dict[str, Any]:
        """What was said."""
        said: dict[str, Any] = json.loads(self.body)
        return said


@dataclass
class Receiver:
    """Answers with `answers` in order, then `then`; waits for `release` where it `hangs`."""

    url: str = ""
    answers: list[int] = field(default_factory=list)
    then: int = 204
    posts: list[Post] = field(default_factory=list)
    hangs: bool = False
    release: asyncio.Event = field(default_factory=asyncio.Event)

    async def take(self, request: web.Request) -> web.Response:
        """Take one call."""
        self.posts.append(Post(request.headers, await request.read()))
        if self.hangs:
            await self.release.wait()
        status = self.answers.pop(0) if self.answers else self.then
        headers = {"Location": self.url + "elsewhere"} if status == 302 else {}
        return web.Response(status=status, headers=headers)

    @property
    def ids(self) -> list[str]:
        """The events that were told, as often as they were."""
        return [one.id for one in self.posts]


@asynccontextmanager
async def receiving() -> AsyncIterator[Receiver]:
    """A receiver on a real socket."""
    receiver = Receiver()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", receiver.take)
    async with TestServer(app) as server:
        receiver.url = str(server.make_url("/"))
        yield receiver
        receiver.release.set()


@dataclass
class Town:
    """Where pickups move."""

    engine: Engine
    clock: HandClock = field(default_factory=HandClock)

    @property
    def deliveries(self) -> Deliveries:
        """The letters of its group."""
        return Deliveries(self.engine, GROUP)

    def subscribe(self, url: str, *events: str) -> tuple[str, str]:
        """A subscription and its secret."""
        wanted = Wanted(url, "a test", events)
        made, secret = Subscriptions(self.engine, GROUP).create(wanted, "sri", self.clock.ms)
        return made.id, secret

    def open_pickup(self) -> str:
        """A pickup that somebody asks for."""
        name = f"hand-{next(_numbers)}"
        at_ms = self.clock.ms
        opened = Pickup(
            name, name, Reason.MANUAL, State.REQUESTED, at_ms, at_ms, Why("by_hand", {}), "asep"
        )
        Pickups(self.engine, GROUP).open_by_hand(opened, "coblong", "dispatcher")
        return name

    @asynccontextmanager
    async def telling(self, *, to_lan: bool = True) -> AsyncIterator[None]:
        """Other systems are told, meanwhile."""
        stop = asyncio.Event()
        telling = asyncio.create_task(Teller(self.deliveries, self.clock, to_lan=to_lan).run(stop))
        try:
            yield
        finally:
            stop.set()
            await telling


def make_town(folder: Path) -> Town:
    """A town in a database of its own."""
    engine = open_database(f"sqlite:///{folder / 'jemput.db'}")
    create_tables(engine)
    return Town(engine)
