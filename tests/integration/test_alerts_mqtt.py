"""Alerts by MQTT through the real embedded broker, with the rights it gives in production."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiomqtt import Client, Message

from ingest.alerts.channels import LogChannel, MqttChannel
from ingest.mqtt.session import Address
from ingest.speaking import Speaker
from jemput.broker.account import INGEST, collector_user, ingest_user
from jemput.store.outbox import Delivery
from jemput.topics import alert
from tests.brokers import PASSWORD, Nats
from tests.integration.alerts_desk import Desk, desk, receiver, sending
from tests.listener import FAST
from tests.servers import HOST

__all__ = ["desk", "receiver"]


@pytest.fixture
def town_broker(tmp_path: Path) -> Iterator[Nats]:
    users = (ingest_user(PASSWORD), collector_user("asep", PASSWORD))
    with Nats(tmp_path / "broker", users) as running:
        yield running


@asynccontextmanager
async def speaking(port: int) -> AsyncIterator[Speaker]:
    where = Address(HOST, port, INGEST, PASSWORD)
    speaker = Speaker(where, "says", pace=FAST, on_trouble=lambda _: None)
    running = asyncio.create_task(speaker.run())
    try:
        yield speaker
    finally:
        await speaker.close()
        await running


def app(port: int) -> Client:
    user = "_collector-asep"
    return Client(HOST, port, username=user, password=PASSWORD, identifier="asep-phone")


async def first(client: Client) -> Message:
    async with asyncio.timeout(15):
        return await anext(aiter(client.messages))


async def test_a_collectors_own_app_hears_its_alert(desk: Desk, town_broker: Nats) -> None:
    desk.decide("b1", channels=("log", "mqtt"))
    async with app(town_broker.port) as phone, speaking(town_broker.port) as speaker:
        await phone.subscribe(alert("asep"), qos=1)
        async with sending(desk, {"log": LogChannel(), "mqtt": MqttChannel(speaker)}):
            heard = await first(phone)
            await desk.until_empty()

    assert (heard.topic.value, heard.qos, heard.retain) == (alert("asep"), 1, False)
    assert isinstance(heard.payload, bytes)
    assert json.loads(heard.payload)["key"] == "b1-1/pickup"
    assert desk.states() == [Delivery.SENT] * 2
    assert desk.pickup_state("b1-1") == "alerted"


async def test_without_a_broker_it_waits_and_leaves_once_there_is_one(
    desk: Desk, town_broker: Nats
) -> None:
    town_broker.stop()
    desk.decide("b1", channels=("mqtt",))
    async with (
        speaking(town_broker.port) as speaker,
        sending(desk, {"mqtt": MqttChannel(speaker)}) as sender,
    ):
        await asyncio.sleep(0.5)
        states = desk.states()
        await asyncio.to_thread(town_broker.start)
        await desk.until_empty()

    assert states == [Delivery.WAITING]
    assert desk.states() == [Delivery.SENT]
    assert sender.sent == 1
