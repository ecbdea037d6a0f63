"""Simulated collectors on a real broker and over real HTTP: they come, say so, and know a key."""

import asyncio
import base64
import dataclasses
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import aiohttp
import pytest
from aiohttp import web

from jemput import topics
from jemput.broker.nats import NatsServer
from jemput.broker.ports import LOOPBACK, free_port
from simulator.alert import signature
from simulator.clock import TownClock
from simulator.crew import Crew
from simulator.main import Run, RunError, Tally, webhook_url
from simulator.scenario import Scenario, load
from simulator.town import Town
from tests.integration.town_broker import (
    ALERTER,
    PASSWORD,
    START_S,
    client,
    eventually,
    town_broker,
    town_run,
)

SPEED: Final = 20_000  # twenty minutes of driving are 60 ms
BY_MQTT, BY_WEBHOOK = "budi", "ramli"


def crew_of(**habits: float) -> Scenario:
    """Budi, who listens on MQTT, and Ramli, who has a webhook; dependable unless told."""
    scenario = load("quiet-week")
    steady = {"late_share": 0, "never_share": 0, "no_access_share": 0, "from_hour": 0}
    people = tuple(
        dataclasses.replace(one, to_hour=24, **(steady | habits))  # type: ignore[arg-type]  # numbers
        for one in scenario.collectors
        if one.id in (BY_MQTT, BY_WEBHOOK)
    )
    full = dataclasses.replace(scenario.bins[0], start_percent=80)
    return dataclasses.replace(scenario, bins=(full,), collectors=people)


@dataclass
class PaperApi:
    """The API's three acts over real HTTP: it notes them, and answers with what it was told."""

    port: int = field(default_factory=free_port)
    status: dict[str, int] = field(default_factory=dict)
    said: list[tuple[str, str, str]] = field(default_factory=list)
    bodies: list[Any] = field(default_factory=list)

    @property
    def url(self) -> str:
        """Where it is."""
        return f"http://{LOOPBACK}:{self.port}"

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[None]:
        """It answers inside."""
        app = web.Application()
        app.router.add_post("/v1/pickups/{pickup}/{act}", self._answer)
        runner = web.AppRunner(app)
        await runner.setup()
        await web.TCPSite(runner, LOOPBACK, self.port).start()
        try:
            yield
        finally:
            await runner.cleanup()

    async def _answer(self, request: web.Request) -> web.Response:
        scheme, _, token = request.headers["Authorization"].partition(" ")
        who, _, password = base64.b64decode(token).decode().partition(":")
        assert (scheme, password) == ("Basic", PASSWORD)
        act = request.match_info["act"]
        self.said.append((who, act, request.match_info["pickup"]))
        if request.can_read_body:
            self.bodies.append(await request.json())
        return web.json_response({}, status=self.status.get(act, 200))


@dataclass
class Scene:
    """A crew at work, and what it does."""

    run: Run
    broker: NatsServer
    town: Town
    tally: Tally
    api: PaperApi

    async def tell_by_mqtt(self, **changes: Any) -> None:  # noqa: ANN401 - any field of an alert
        """An alert to Budi over MQTT."""
        async with client(self.broker, ALERTER) as mqtt:
            await mqtt.publish(topics.alert(BY_MQTT), alert(**changes), qos=1)

    async def tell_by_webhook(self, body: bytes, secret: str = PASSWORD) -> int:
        """An alert to Ramli's webhook; returns the HTTP status."""
        assert self.run.webhook_port is not None
        signed = f"t=1763949600,v1={signature(b'1763949600.' + body, secret).decode()}"
        url = webhook_url(self.run.webhook_port, BY_WEBHOOK)
        headers = {"Jemput-Signature": signed}
        async with (
            aiohttp.ClientSession() as session,
            session.post(url, data=body, headers=headers) as response,
        ):
            return response.status

    def level(self) -> float:
        """How full the bin of every alert is."""
        return self.town.level_percent(self.run.scenario.bins[0].id, self.run.clock().now_s())


def alert(**changes: Any) -> bytes:  # noqa: ANN401 - any field of an alert
    """An alert for the first bin of the town."""
    pickup = {"pickup": "p-1", "bin": "pasar-induk-residual", "fill_percent": 80}
    said = {"v": 1, "key": "k-1", "kind": "pickup", "pickups": [pickup], "text": "…"}
    return json.dumps(said | changes).encode()


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[NatsServer]:
    """A broker that knows the collectors."""
    with town_broker(tmp_path / "broker", crew_of()) as running:
        yield running


@asynccontextmanager
async def at_work(
    broker: NatsServer, scenario: Scenario, *, webhook: bool = False, speed: float = SPEED
) -> AsyncIterator[Scene]:
    """The crew listens inside."""
    api, tally = PaperApi(), Tally()
    port = free_port() if webhook else None
    run = town_run(broker, scenario, speed=speed, api_url=api.url, webhook_port=port)
    town = Town(scenario, START_S)
    crew = Crew(run, town, run.clock(), tally)
    async with api.serving(), crew.open() as session:
        task = asyncio.create_task(crew.live(session))
        await asyncio.wait_for(crew.connected(), 10)
        yield Scene(run, broker, town, tally, api)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_a_call_is_accepted_then_the_bin_is_empty_then_it_is_collected(
    broker: NatsServer,
) -> None:
    async with at_work(broker, crew_of()) as scene:
        before = scene.level()
        await scene.tell_by_mqtt()
        await eventually(lambda: scene.tally.collected == 1, "collecting")

        assert scene.api.said == [(BY_MQTT, "accept", "p-1"), (BY_MQTT, "collect", "p-1")]
        assert before >= 80
        assert scene.level() < 30
        assert scene.tally.accepted == scene.tally.emptied == scene.tally.alerts_received == 1
        assert scene.tally.first_alert_wall_s is not None


async def test_an_alert_heard_twice_is_one_alert_and_one_drive(broker: NatsServer) -> None:
    async with at_work(broker, crew_of()) as scene:
        await scene.tell_by_mqtt()
        await scene.tell_by_mqtt()
        await scene.tell_by_mqtt(key="k-2")
        await eventually(lambda: scene.tally.alerts_received == 2, "the other key")
        await eventually(lambda: scene.tally.collected == 1, "collecting")
        await asyncio.sleep(0.3)

        assert scene.tally.alerts_repeated == 1
        assert [act for _, act, _ in scene.api.said] == ["accept", "collect"]


async def test_who_comes_second_stays_at_home(broker: NatsServer) -> None:
    async with at_work(broker, crew_of()) as scene:
        scene.api.status["accept"] = 409
        await scene.tell_by_mqtt()
        await eventually(lambda: scene.tally.refused == 1, "the refusal")
        await asyncio.sleep(0.3)

        assert scene.api.said == [(BY_MQTT, "accept", "p-1")]
        assert (scene.tally.accepted, scene.tally.emptied) == (0, 0)
        assert scene.level() >= 80


async def test_a_pickup_withdrawn_before_it_was_accepted_is_left_alone(broker: NatsServer) -> None:
    async with at_work(broker, crew_of(), speed=1000) as scene:
        await scene.tell_by_mqtt()
        await scene.tell_by_mqtt(key="k-2", kind="withdrawn")
        await eventually(lambda: scene.tally.alerts_received == 2, "both alerts")
        await asyncio.sleep(2)

        assert scene.api.said == []


async def test_a_locked_gate_is_reported_and_nothing_is_emptied(broker: NatsServer) -> None:
    async with at_work(broker, crew_of(no_access_share=1)) as scene:
        await scene.tell_by_mqtt()
        await eventually(lambda: scene.tally.failed == 1, "the report")

        assert scene.api.said == [(BY_MQTT, "accept", "p-1"), (BY_MQTT, "fail", "p-1")]
        assert scene.api.bodies == [{"reason": "no_access"}]
        assert scene.tally.emptied == 0


async def test_some_never_react(broker: NatsServer) -> None:
    async with at_work(broker, crew_of(never_share=1)) as scene:
        await scene.tell_by_mqtt()
        await eventually(lambda: scene.tally.ignored == 1, "the alert")
        await asyncio.sleep(0.3)

        assert scene.api.said == []


async def test_an_api_that_is_down_for_a_moment_is_asked_again(broker: NatsServer) -> None:
    async with at_work(broker, crew_of()) as scene:
        scene.api.status["accept"] = 503
        await scene.tell_by_mqtt()
        await eventually(lambda: len(scene.api.said) >= 2, "another try")
        del scene.api.status["accept"]
        await eventually(lambda: scene.tally.collected == 1, "collecting")

        assert scene.tally.accepted == 1


async def test_an_alert_in_pieces_is_counted_and_stops_nobody(broker: NatsServer) -> None:
    async with at_work(broker, crew_of()) as scene:
        async with client(broker, ALERTER) as mqtt:
            await mqtt.publish(topics.alert(BY_MQTT), b'{"v":1', qos=1)
        await scene.tell_by_mqtt()
        await eventually(lambda: scene.tally.collected == 1, "collecting")

        assert scene.tally.alerts_refused == 1


async def test_an_incident_is_taken_note_of_and_nobody_drives(broker: NatsServer) -> None:
    about = {"pickup": None, "bin": "pasar-induk-residual", "fill_percent": None}
    async with at_work(broker, crew_of()) as scene:
        await scene.tell_by_mqtt(kind="incident", pickups=[about])
        await eventually(lambda: scene.tally.alerts_received == 1, "the alert")
        await asyncio.sleep(0.3)

        assert (scene.tally.alerts_informative, scene.tally.alerts_refused) == (1, 0)
        assert scene.api.said == []


async def test_a_webhook_is_believed_only_with_the_secret(broker: NatsServer) -> None:
    async with at_work(broker, crew_of(), webhook=True) as scene:
        forged = await scene.tell_by_webhook(alert(), PASSWORD[1:])
        assert (forged, scene.tally.alerts_received) == (401, 0)

        assert await scene.tell_by_webhook(b"{}") == 422
        assert await scene.tell_by_webhook(alert()) == 204
        assert await scene.tell_by_webhook(alert()) == 204
        await eventually(lambda: scene.tally.collected == 1, "collecting")

        assert scene.api.said == [(BY_WEBHOOK, "accept", "p-1"), (BY_WEBHOOK, "collect", "p-1")]
        assert (scene.tally.alerts_received, scene.tally.alerts_repeated) == (1, 1)
        assert scene.tally.alerts_refused == 2


async def test_a_webhook_port_that_is_taken_is_a_clear_error(broker: NatsServer) -> None:
    port = free_port()
    run = town_run(broker, crew_of(), speed=1, webhook_port=port)
    crew = Crew(run, Town(crew_of(), START_S), TownClock(START_S, 1, 0), Tally())
    server = await asyncio.start_server(lambda _r, _w: None, LOOPBACK, port)
    async with server:
        with pytest.raises(RunError, match=f"webhook port {port} cannot be had .* choose another"):
            async with crew.open():
                pytest.fail("it opened")
