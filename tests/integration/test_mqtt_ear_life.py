"""The life of an ear: how it ends, who may stop it, and that it takes leave."""

import asyncio

import pytest

from ingest.mqtt.ear import LinkedEar
from tests.brokers import ACK_WAIT_S, Broker
from tests.listener import Listener, say, until
from tests.proxy import Proxy

REDELIVERY_S = ACK_WAIT_S + 1


async def test_closing_while_nobody_answers_is_quick(broker: Broker, kind: type[LinkedEar]) -> None:
    broker.stop()
    async with Listener(kind, broker.port) as listener:
        await until(lambda: bool(listener.troubles), "a failure")
        began = asyncio.get_running_loop().time()
        await listener.ear.close()

        assert asyncio.get_running_loop().time() - began < 1
    assert "cannot reach 127.0.0.1" in listener.troubles[0]


async def test_who_may_not_connect_does_not(broker: Broker, kind: type[LinkedEar]) -> None:
    async with Proxy(broker.port) as proxy:
        listener = Listener(kind, proxy.port)
        listener.refusal = PermissionError("another epoch")
        with pytest.raises(PermissionError, match="another epoch"):
            await listener.ear.listen()

        assert proxy.accepted == 0


async def test_it_is_asked_again_before_each_reconnection(
    broker: Broker, kind: type[LinkedEar]
) -> None:
    async with Proxy(broker.port) as proxy:
        listener = Listener(kind, proxy.port)
        listening = asyncio.create_task(listener.ear.listen())
        await listener.is_up()
        listener.refusal = PermissionError("another epoch")
        proxy.cut()
        with pytest.raises(PermissionError):
            await listening

        assert proxy.accepted == 1
    assert listener.links == [True, False]


async def test_an_error_of_the_owner_comes_out_of_listen(
    broker: Broker, kind: type[LinkedEar]
) -> None:
    listener = Listener(kind, broker.port)
    listener.complaint = LookupError("a bug")
    listening = asyncio.create_task(listener.ear.listen())
    await listener.is_up()
    await say(broker.port, b"1")
    with pytest.raises(LookupError, match="a bug"):
        await listening

    assert listener.links == [True, False]


async def test_a_cancelled_listen_takes_leave(broker: Broker, kind: type[LinkedEar]) -> None:
    listener = Listener(kind, broker.port)
    listening = asyncio.create_task(listener.ear.listen())
    await listener.is_up()
    listening.cancel()
    with pytest.raises(asyncio.CancelledError):
        await listening

    assert listener.links == [True, False]
