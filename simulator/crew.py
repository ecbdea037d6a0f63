"""All collectors of a town, and the ears they have: MQTT, or a webhook of their own."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from http import HTTPStatus

import aiohttp
from aiohttp import web

from simulator.alert import AlertError, alert_topic, check_signature
from simulator.broker_link import BrokerLink
from simulator.chance import chance
from simulator.clock import TownClock
from simulator.collector import Collector
from simulator.pickup_api import PickupApi
from simulator.run import Run, RunError
from simulator.tally import Tally
from simulator.town import Town
from simulator.town_plan import SimCollector

HOST = "127.0.0.1"
SIGNATURE_HEADER = "Jemput-Signature"
_log = logging.getLogger(__name__)


def webhook_url(port: int, collector: str) -> str:
    """Where the receiver of a run with `webhook_port` takes this collector's alerts."""
    return f"http://{HOST}:{port}/alerts/{collector}"


class Crew:
    """The collectors of a run: `live` inside `open`."""

    def __init__(self, run: Run, town: Town, clock: TownClock, tally: Tally) -> None:
        self._run = run
        self._town = town
        self._clock = clock
        self._tally = tally
        self._collectors: dict[str, Collector] = {}
        self._links = [self._link(plan) for plan in self._on_mqtt()]

    @asynccontextmanager
    async def open(self) -> AsyncIterator[aiohttp.ClientSession]:
        """A session for the API, and the webhook receiver. Raises `RunError` for a taken port."""
        async with aiohttp.ClientSession() as session:
            if self._run.webhook_port is None:
                yield session
                return
            runner = await _receiver(self._take, self._run.webhook_port)
            try:
                yield session
            finally:
                await runner.cleanup()

    async def live(self, session: aiohttp.ClientSession) -> None:
        """Hear and go, until cancelled."""
        async with asyncio.TaskGroup() as jobs:
            for plan in self._run.scenario.collectors:
                self._collectors[plan.id] = self._collector(plan, session, jobs)
            for link in self._links:
                jobs.create_task(link.run(), name="link of a collector")
            await asyncio.Event().wait()

    async def connected(self) -> None:
        """Return once everybody hears."""
        for link in self._links:
            await link.connected.wait()

    def _on_mqtt(self) -> list[SimCollector]:
        hooked = self._run.webhook_port is not None
        return [plan for plan in self._run.scenario.collectors if not (plan.webhook and hooked)]

    def _collector(
        self, plan: SimCollector, session: aiohttp.ClientSession, group: asyncio.TaskGroup
    ) -> Collector:
        run = self._run
        return Collector(
            plan=plan,
            fill=run.scenario.fill,
            town=self._town,
            clock=self._clock,
            api=PickupApi(session, run.api_url, plan.id, run.passwords[plan.id]),
            tally=self._tally,
            rng=chance(run.scenario.seed, "collector", plan.id),
            jobs=group,
        )

    def _link(self, plan: SimCollector) -> BrokerLink:
        def hear(body: bytes) -> None:
            try:
                self._collectors[plan.id].hear(body)
            except AlertError as error:
                _log.warning("%s: %s", plan.id, error)

        access, door = self._run.collector_access(plan.id), asyncio.Semaphore()
        return BrokerLink(access, alert_topic(plan.id), hear, door, remembered=True)

    def _take(self, name: str, header: str, body: bytes) -> int:
        """One webhook call; the HTTP status to answer with."""
        collector = self._collectors.get(name)
        secret = self._run.webhook_secrets.get(name)
        if collector is None or secret is None:
            return HTTPStatus.NOT_FOUND
        try:
            check_signature(header, body, secret)
        except AlertError as error:
            self._tally.alerts_refused += 1
            _log.warning("%s: %s", name, error)
            return HTTPStatus.UNAUTHORIZED
        try:
            collector.hear(body)
        except AlertError as error:
            _log.warning("%s: %s", name, error)
            return HTTPStatus.UNPROCESSABLE_ENTITY
        return HTTPStatus.NO_CONTENT


async def _receiver(take: Callable[[str, str, bytes], int], port: int) -> web.AppRunner:
    async def receive(request: web.Request) -> web.Response:
        header = request.headers.get(SIGNATURE_HEADER, "")
        body = await request.read()
        return web.Response(status=take(request.match_info["collector"], header, body))

    app = web.Application()
    app.router.add_post("/alerts/{collector}", receive)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, HOST, port).start()
    except OSError as error:
        await runner.cleanup()
        raise RunError(f"webhook port {port} cannot be had ({error}): choose another") from error
    return runner
