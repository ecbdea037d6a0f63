"""Who may say and hear what, tried on the real embedded broker."""

import asyncio
import re
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiomqtt import Client, MqttError, Will
from paho.mqtt.reasoncodes import ReasonCode

from jemput import topics
from jemput.broker.account import (
    BrokerUser,
    collector_user,
    device_user,
    ingest_user,
)
from jemput.broker.config import NatsSettings
from jemput.broker.nats import NatsServer
from jemput.broker.ports import free_port
from jemput.topics import READINGS_FILTER, STATUS_FILTER
from tests.proxy import Proxy
from tests.servers import HOST

WORD = "a-password-for-tests"
INGEST = ingest_user(WORD)
DEVICE = device_user("device-1", WORD)
PINNED = device_user("device-2", WORD, site="here")
COLLECTOR = collector_user("budi", WORD)
OTHER = collector_user("siti", WORD)
SETTLE_S = 0.4


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[NatsServer]:
    """The embedded broker with one account of each kind, and two to spy on."""
    settings = NatsSettings(tmp_path / "broker", free_port())
    with NatsServer(settings, [INGEST, DEVICE, PINNED, COLLECTOR, OTHER]) as server:
        yield server


def client(
    broker: NatsServer,
    user: BrokerUser,
    *,
    session: str | None = None,
    will: Will | None = None,
    port: int | None = None,
) -> Client:
    """A connection of that user's; `session` is the client id of one that persists."""
    return Client(
        HOST,
        port or broker.settings.port,
        username=user.name,
        password=user.password,
        identifier=session,
        clean_session=session is None,
        will=will,
    )


async def listen(spy: Client, *filters: str) -> list[str]:
    """Subscribe; what was granted."""
    codes = await spy.subscribe([(one, 1) for one in filters])
    refused = [isinstance(code, ReasonCode) and code.is_failure for code in codes]
    return [one for one, no in zip(filters, refused, strict=True) if not no]


@asynccontextmanager
async def hearing(
    broker: NatsServer, user: BrokerUser, *filters: str
) -> AsyncIterator[list[tuple[str, bytes]]]:
    """What that user hears, once this is left."""
    heard: list[tuple[str, bytes]] = []
    async with client(broker, user) as spy:
        assert await listen(spy, *filters) == list(filters)
        yield heard
        await asyncio.sleep(SETTLE_S)
        while len(spy.messages):
            message = await anext(spy.messages)
            heard.append((str(message.topic), bytes(message.payload)))


async def test_a_device_speaks_below_its_own_level_only(broker: NatsServer) -> None:
    async with (
        hearing(broker, INGEST, READINGS_FILTER, STATUS_FILTER) as heard,
        client(broker, DEVICE) as device,
    ):
        for topic in (
            "jemput/v1/here/device-1/reading",
            "jemput/v1/there/device-1/status",
            "jemput/v1/here/device-2/reading",
            "jemput/v1/here/device-2/status",
            "jemput/v1/here/device-1/reading/more",
            "jemput/v1/collectors/budi/alert",
        ):
            await device.publish(topic, b"said", qos=1)

    assert sorted(topic for topic, _ in heard) == [
        "jemput/v1/here/device-1/reading",
        "jemput/v1/there/device-1/status",
    ]


async def test_a_device_of_one_site_speaks_there_only(broker: NatsServer) -> None:
    async with (
        hearing(broker, INGEST, READINGS_FILTER) as heard,
        client(broker, PINNED) as device,
    ):
        await device.publish("jemput/v1/there/device-2/reading", b"", qos=1)
        await device.publish("jemput/v1/here/device-2/reading", b"", qos=1)

    assert [topic for topic, _ in heard] == ["jemput/v1/here/device-2/reading"]


@pytest.mark.parametrize(
    "spied",
    [
        "#",
        "jemput/#",
        "jemput/v1/+/+/reading",
        "jemput/v1/+/+/ack",
        "jemput/v1/here/device-2/ack",
        "jemput/v1/here/device-1/#",
        "jemput/v1/here/device-1/reading",
        "jemput/v1/collectors/+/alert",
        "$SYS/#",
        "$MQTT/#",
        "$MQTT/sub/#",
        "$JS/#",
    ],
)
async def test_a_device_hears_nothing_that_is_not_for_it(broker: NatsServer, spied: str) -> None:
    async with client(broker, DEVICE) as device:
        assert await listen(device, spied) == []


async def test_a_device_hears_what_is_for_it_also_from_before(broker: NatsServer) -> None:
    async with client(broker, INGEST) as ingest:
        await ingest.publish("jemput/v1/here/device-1/ack", b"1", qos=1, retain=True)
        await ingest.publish("jemput/v1/here/device-2/ack", b"2", qos=1, retain=True)
    own = [f"jemput/v1/+/device-1/{kind}" for kind in ("ack", "config", "command", "update")]
    async with hearing(broker, DEVICE, *own) as heard:
        pass

    assert heard == [("jemput/v1/here/device-1/ack", b"1")]


async def die(device: Client, proxy: Proxy) -> None:
    """Connect, and be cut off."""
    async with device:
        proxy.cut()
        await anext(device.messages)


async def test_a_last_will_is_held_to_the_same_rights(broker: NatsServer) -> None:
    def lost(device: str) -> Will:
        return Will(f"jemput/v1/here/{device}/status", b"lost", qos=1, retain=True)

    async with hearing(broker, INGEST, STATUS_FILTER) as heard:
        for named in ("device-1", "device-2"):
            async with Proxy(broker.settings.port) as proxy:
                device = client(broker, DEVICE, will=lost(named), port=proxy.port)
                with pytest.raises(MqttError):
                    await die(device, proxy)

    assert heard == [("jemput/v1/here/device-1/status", b"lost")]


async def test_what_the_ingester_tells_a_device_nobody_else_hears_or_says(
    broker: NatsServer,
) -> None:
    told = [f"jemput/v1/here/device-1/{kind}" for kind in ("config", "command", "update")]
    async with (
        hearing(broker, DEVICE, *told) as heard,
        client(broker, INGEST) as ingest,
        client(broker, PINNED) as other,
    ):
        assert await listen(other, *told) == []
        for topic in told:
            await other.publish(topic, b"forged", qos=1)
            await ingest.publish(topic, b"told", qos=1)
        granted = await listen(ingest, "#", "jemput/v1/+/+/command")

    assert sorted(heard) == [(topic, b"told") for topic in sorted(told)]
    assert granted == []


async def test_pieces_of_an_update_are_everybodys_and_nobodys_to_write(broker: NatsServer) -> None:
    piece = topics.chunk("0" * 64, 0)
    async with (
        hearing(broker, DEVICE, piece) as heard,
        client(broker, INGEST) as ingest,
        client(broker, PINNED) as other,
    ):
        await other.publish(piece, b"forged", qos=1, retain=True)
        await ingest.publish(piece, b"piece", qos=1, retain=True)
        assert await listen(other, "jemput/v1/files/#", "jemput/v1/+/+/0") == []

    assert heard == [(piece, b"piece")]


async def test_a_collectors_app_hears_its_own_alerts_and_says_nothing(broker: NatsServer) -> None:
    async with (
        hearing(broker, COLLECTOR, "jemput/v1/collectors/budi/alert") as heard,
        client(broker, INGEST) as ingest,
        client(broker, OTHER) as other,
    ):
        assert await listen(other, "jemput/v1/collectors/budi/alert", "#") == []
        await ingest.publish("jemput/v1/collectors/siti/alert", b"for siti", qos=1)
        await ingest.publish("jemput/v1/collectors/budi/alert", b"for budi", qos=1)
        await other.publish("jemput/v1/collectors/budi/alert", b"forged", qos=1)

    assert heard == [("jemput/v1/collectors/budi/alert", b"for budi")]


async def test_a_device_that_takes_the_ingesters_client_id_hears_nothing(
    broker: NatsServer,
) -> None:
    """It throws the ingester out, which is why that id is no device's to know."""
    session = "the-ingester"
    async with client(broker, INGEST, session=session) as ingest:
        assert await listen(ingest, READINGS_FILTER) == [READINGS_FILTER]
    stealing = client(broker, DEVICE, session=session)
    async with client(broker, PINNED) as victim, stealing as thief:
        await victim.publish("jemput/v1/here/device-2/reading", b"secret", qos=1)
        await asyncio.sleep(SETTLE_S)
        stolen = len(thief.messages)
    async with client(broker, INGEST, session=session) as ingest:
        message = await asyncio.wait_for(anext(ingest.messages), 10)

    assert stolen == 0
    assert message.payload == b"secret"


async def test_nobody_comes_in_without_an_account(broker: NatsServer) -> None:
    with pytest.raises(MqttError):
        async with Client(HOST, broker.settings.port):
            pytest.fail("let in")


def test_an_account_opens_no_other_door(broker: NatsServer) -> None:
    found = re.search(r"client connections on 127.0.0.1:(\d+)", broker.settings.log.read_text())
    assert found
    with socket.create_connection((HOST, int(found[1])), timeout=5) as door:
        door.recv(4096)
        login = f'CONNECT {{"user":"{INGEST.name}","pass":"{WORD}","verbose":true}}'
        door.sendall(login.encode() + b"\r\nPING\r\n")

        assert b"Authorization Violation" in door.recv(4096)
