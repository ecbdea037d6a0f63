"""A real nats-server for the simulator's tests, and a stand-in for the ingester behind it."""

import asyncio
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import aiomqtt
import pytest

from jemput import topics
from jemput.broker.account import (
    REPLAY,
    BrokerUser,
    collector_user,
    device_user,
    ingest_user,
    replay_user,
)
from jemput.broker.config import NatsSettings
from jemput.broker.nats import NatsServer
from jemput.broker.ports import LOOPBACK, free_port
from jemput.payload import decode, encode_ack
from jemput.reading import Identity
from simulator.broker_link import AT_ONCE, Access
from simulator.main import Run
from simulator.scenario import Scenario

PASSWORD: Final = "a-password-for-tests"  # noqa: S105 - of servers that live for a second
REPLAYER: Final = REPLAY
ALERTER: Final = "_alerter"
START_S: Final = 1_763_949_600  # 2025-11-24 09:00 WIB


def town_broker(folder: Path, scenario: Scenario | None = None) -> NatsServer:
    """Our embedded broker with everybody of the scenario, the ingester and a replayer."""
    users = [
        ingest_user(PASSWORD),
        replay_user(PASSWORD),
        BrokerUser(ALERTER, PASSWORD, (f"{topics.ROOT}/collectors/+/alert",), ()),
    ]
    if scenario:
        users += [device_user(bin_.device, PASSWORD) for bin_ in scenario.bins]
        users += [collector_user(one.id, PASSWORD) for one in scenario.collectors]
    return NatsServer(NatsSettings(folder, free_port()), users)


def access(broker: NatsServer, username: str) -> Access:
    """How to reach the broker under this name."""
    return Access(LOOPBACK, broker.settings.port, username, PASSWORD)


def client(broker: NatsServer, username: str) -> aiomqtt.Client:
    """A client under this name."""
    return aiomqtt.Client(LOOPBACK, broker.settings.port, username=username, password=PASSWORD)


def town_run(
    broker: NatsServer,
    scenario: Scenario,
    *,
    speed: float,
    api_url: str = "http://127.0.0.1:9",
    webhook_port: int | None = None,
) -> Run:
    """A run of the scenario that begins now, at nine in the morning."""
    names = [bin_.device for bin_ in scenario.bins] + [one.id for one in scenario.collectors]
    return Run(
        scenario=scenario,
        broker_host=LOOPBACK,
        broker_port=broker.settings.port,
        passwords=dict.fromkeys(names, PASSWORD),
        api_url=api_url,
        start_s=START_S,
        speed=speed,
        anchor_wall_s=time.time(),
        webhook_port=webhook_port,
        webhook_secrets=dict.fromkeys(names, PASSWORD),
    )


async def eventually(is_true: Callable[[], bool], what: str, timeout_s: float = 10) -> None:
    """Look again every 50 ms; fail the test saying what did not come."""
    for _ in range(int(timeout_s / 0.05)):
        if is_true():
            return
        await asyncio.sleep(0.05)
    pytest.fail(f"{what} did not come within {timeout_s} s")


@dataclass
class StandIn:
    """Hears every reading as the ingester does, and acknowledges what it has without a hole.

    `may_ack` is asked before each acknowledgement; `hear` is told of each message first.
    """

    broker: NatsServer
    may_ack: Callable[[str], bool] = lambda _: True
    hear: Callable[[str, bytes], None] = lambda _topic, _payload: None
    heard: list[Identity] = field(default_factory=list)
    messages: int = 0
    _has: dict[tuple[str, int], set[int]] = field(default_factory=lambda: defaultdict(set))

    @property
    def distinct(self) -> set[Identity]:
        """Every identity that came at least once."""
        return set(self.heard)

    def seqs(self, device: str) -> list[int]:
        """What came of a device, in the order of its sequence, boots one after the other."""
        mine = sorted(one for one in self.distinct if one.device == device)
        return [one.seq for one in mine]

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[None]:
        """Listen inside, with a session that outlives the broker."""
        ready = asyncio.Event()
        task = asyncio.create_task(self._listen(ready))
        await asyncio.wait_for(ready.wait(), 10)
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def _listen(self, ready: asyncio.Event) -> None:
        while True:
            try:
                await self._session(ready)
            except aiomqtt.MqttError:
                await asyncio.sleep(0.1)

    async def _session(self, ready: asyncio.Event) -> None:
        settings = self.broker.settings
        async with aiomqtt.Client(
            LOOPBACK,
            settings.port,
            username="_ingest",
            password=PASSWORD,
            identifier="stand-in",
            clean_session=False,
            socket_options=AT_ONCE,
        ) as mqtt:
            await mqtt.subscribe(topics.READINGS_FILTER, qos=1)
            ready.set()
            async for message in mqtt.messages:
                assert isinstance(message.payload, bytes)
                await self._take(mqtt, message.topic.value, message.payload)

    async def _take(self, mqtt: aiomqtt.Client, topic: str, payload: bytes) -> None:
        self.hear(topic, payload)
        where = topics.parse(topic)
        assert where is not None
        readings = decode(payload).readings
        self.messages += 1
        self.heard += [Identity(where.device, one.boot, one.seq) for one in readings]
        for one in readings:
            self._has[where.device, one.boot].add(one.seq)
        if self.may_ack(where.device):
            upto = list(self._upto(where.device, {one.boot for one in readings}))
            topic = topics.ack(where.site, where.device)
            await mqtt.publish(topic, encode_ack(upto), qos=1, retain=True, timeout=1)

    def _upto(self, device: str, boots: Iterable[int]) -> Iterable[tuple[int, int]]:
        for boot in boots:
            has, upto = self._has[device, boot], 0
            while upto + 1 in has:
                upto += 1
            yield boot, upto
