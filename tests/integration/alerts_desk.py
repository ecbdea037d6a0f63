"""A database with an outbox to fill, a sender that empties it, and a receiver of webhooks."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from msgspec.structs import replace
from multidict import CIMultiDictProxy
from sqlalchemy import Engine, select

from ingest.alerts.channels import Channel
from ingest.alerts.sender import Sender
from jemput.decisions import OPERATOR, AlertKind, Decision, OpenPickup, Say
from jemput.entry import FOLD_VERSION, Entry, Intake
from jemput.pickup import Pickup, Reason, State, Why
from jemput.registry import PutBin, PutCollector, PutHalte, PutSite, Registry
from jemput.store.clock import RunClock
from jemput.store.database import create_tables, open_database, writing
from jemput.store.effects import write_decisions
from jemput.store.journal import Journal
from jemput.store.outbox import Delivery, Outbox
from jemput.store.schema import outbox, pickup
from jemput.things import Bin, Collector, Halte, Site
from jemput.things import Channel as ChannelName
from tests.builders import SHAPE
from tests.contract.alerts.cases import API_URL, DAGO
from tests.listener import until

GROUP: Final = "main"
SECRET: Final = "a-secret-for-tests"  # noqa: S105 - of a receiver that lives for a second
BINS: Final = tuple(f"b{n}" for n in range(10))


@dataclass
class Post:
    """One call of the webhook."""

    headers: CIMultiDictProxy[str]
    body: bytes

    @property
    def json(self) -> dict[str, Any]:
        """What was said."""
        said: dict[str, Any] = json.loads(self.body)
        return said


@dataclass
class Receiver:
    """Answers with `answers` in order, then 204; never for `fails_for`.

    For `hangs_for` only once there is `release`.
    """

    url: str = ""
    answers: list[int] = field(default_factory=list)
    posts: list[Post] = field(default_factory=list)
    hangs_for: str | None = None
    fails_for: str | None = None
    release: asyncio.Event = field(default_factory=asyncio.Event)

    async def take(self, request: web.Request) -> web.Response:
        """Take one call."""
        post = Post(request.headers, await request.read())
        if post.json["collector"] == self.hangs_for:
            await self.release.wait()
        self.posts.append(post)
        status = self.answers.pop(0) if self.answers else 204
        if post.json["collector"] == self.fails_for:
            status = 500
        headers = {"Location": self.url + "elsewhere"} if status == 302 else {}
        return web.Response(status=status, headers=headers)

    async def elsewhere(self, _: web.Request) -> web.Response:
        """Where a redirect leads: a page that takes nothing."""
        return web.Response(text="welcome")

    async def has(self, collector: str, timeout_s: float = 15) -> None:
        """Wait until a collector was told."""
        await until(
            lambda: any(one.json["collector"] == collector for one in self.posts),
            f"a post for {collector}",
            timeout_s,
        )


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    """A receiver on a free port."""
    made = Receiver()
    app = web.Application()
    app.router.add_post("/", made.take)
    app.router.add_get("/elsewhere", made.elsewhere)
    async with TestServer(app) as server:
        made.url = str(server.make_url("/"))
        yield made


class Desk:
    """Where alerts are decided, and looked at."""

    def __init__(self, engine: Engine, url: str) -> None:
        self.engine = engine
        self.outbox = Outbox(engine, GROUP)
        self.clock = RunClock.wall()
        self.decided_ms = self.clock.now_ms()
        self.registry = Registry()
        self.registry.apply(PutSite(Site("coblong", "Coblong")))
        self.registry.apply(PutHalte(Halte("dago", "coblong", "Dago", DAGO.lat, DAGO.lon)))
        for one in BINS:
            self.registry.apply(PutBin(Bin(one, "dago", "organic", SHAPE)))
        for name in ("asep", "budi", OPERATOR):
            hook = Collector(name, name, (), (), "id", ("webhook",), url, SECRET)
            self.registry.apply(PutCollector(hook))
        Journal(engine, GROUP).take_over()

    def decide(
        self,
        bin_id: str,
        kind: AlertKind = AlertKind.PICKUP,
        *,
        to: str = "asep",
        channels: tuple[ChannelName, ...] = ("webhook",),
        wait_for_wave: bool = False,
    ) -> None:
        """Write what the fold would have decided for a bin, its pickup with it."""
        at_ms = self.decided_ms
        name = f"{bin_id}-1"
        subject = replace(DAGO, bin=bin_id, pickup=name)
        said = Say(
            f"{name}/{kind}", kind, to, "id", channels, subject, "coblong", at_ms,
            wait_for_wave,
        )  # fmt: skip
        decisions: tuple[Decision, ...] = (said,)
        if kind is AlertKind.PICKUP:
            why = Why("full", {})
            opened = Pickup(name, bin_id, Reason.FULLNESS, State.REQUESTED, at_ms, at_ms, why, to)
            decisions = (OpenPickup(opened), said)
        entry = Entry(1, 1, FOLD_VERSION, Intake(at_ms), (), (), (), decisions)
        with writing(self.engine) as connection:
            write_decisions(connection, GROUP, entry, self.registry)

    def sender(self, channels: Mapping[str, Channel], *, speed: float = 1.0) -> Sender:
        """A sender for what was decided."""
        return Sender(
            self.outbox, lambda: self.registry, channels, self.clock, API_URL, speed=speed
        )

    def states(self) -> list[str]:
        """Where each letter stands."""
        with self.engine.connect() as connection:
            return list(connection.execute(select(outbox.c.state).order_by(outbox.c.id)).scalars())

    def errors(self) -> list[str]:
        """What went wrong last with each letter."""
        with self.engine.connect() as connection:
            return list(connection.execute(select(outbox.c.error).order_by(outbox.c.id)).scalars())

    def pickup_state(self, name: str) -> str:
        """Where a pickup stands."""
        with self.engine.connect() as connection:
            query = select(pickup.c.state).where(pickup.c.id == name)
            state: str = connection.execute(query).scalar_one()
            return state

    async def until_empty(self) -> None:
        """Wait until nothing waits."""
        await until(lambda: self.outbox.waiting() == 0, "an empty outbox", 20)

    async def until(self, state: Delivery, number: int) -> None:
        """Wait until so many letters stand there."""
        await until(lambda: self.states().count(state) == number, f"{number} {state}")


@pytest.fixture
def desk(tmp_path: Path, receiver: Receiver) -> Desk:
    """A desk whose collectors have the receiver's webhook."""
    engine = open_database(f"sqlite:///{tmp_path}/jemput.db")
    create_tables(engine)
    return Desk(engine, receiver.url)


@asynccontextmanager
async def sending(
    desk: Desk, channels: Mapping[str, Channel], sender: Sender | None = None
) -> AsyncIterator[Sender]:
    """A sender at work; it is stopped in good order."""
    sender = sender or desk.sender(channels)
    stop = asyncio.Event()
    running = asyncio.create_task(sender.run(stop))
    try:
        yield sender
    finally:
        stop.set()
        sender.nudge()
        with contextlib.suppress(asyncio.CancelledError):
            await running
