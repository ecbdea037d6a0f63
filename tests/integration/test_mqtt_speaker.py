"""Speaking: acknowledged by the broker, over a lost link too, or said to have failed."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest

from ingest.mqtt.lean import LeanEar
from ingest.mqtt.voice import Saying
from ingest.speaking import NotConnectedError, Speaker
from jemput.store.journal import TakenOverError
from tests.brokers import Broker, address
from tests.listener import FAST, Listener, until
from tests.proxy import Proxy


@asynccontextmanager
async def speaking(
    port: int, on_trouble: Callable[[str], None] = lambda _: None, password: str | None = None
) -> AsyncIterator[Speaker]:
    where = address(port) if password is None else address(port, password=password)
    speaker = Speaker(where, "speaker", pace=FAST, on_trouble=on_trouble)
    running = asyncio.create_task(speaker.run())
    try:
        yield speaker
    finally:
        await speaker.close()
        await running


async def test_what_is_said_is_heard(broker: Broker) -> None:
    async with Listener(LeanEar, broker.port) as listener, speaking(broker.port) as speaker:
        await listener.is_up()
        await speaker.publish("t/1", b"hello")
        await listener.hears(1)

    assert [(heard.topic, heard.payload) for heard in listener.heard] == [("t/1", b"hello")]


async def test_what_is_retained_is_heard_later(broker: Broker) -> None:
    async with speaking(broker.port) as speaker:
        await speaker.publish("t/1", b"hello", retain=True)
    async with Listener(LeanEar, broker.port) as listener:
        await listener.hears(1)

    assert listener.heard[0].retained


async def test_many_are_said_at_once(broker: Broker) -> None:
    async with Listener(LeanEar, broker.port) as listener, speaking(broker.port) as speaker:
        await listener.is_up()
        await asyncio.gather(*(speaker.publish("t/1", b"%d" % n) for n in range(500)))
        wanted = {b"%d" % n for n in range(500)}
        # A slow machine hears some again before it has heard all.
        await until(lambda: set(listener.payloads) == wanted, "all of them")


async def test_it_goes_on_after_some_were_given_up(broker: Broker) -> None:
    async with Listener(LeanEar, broker.port) as listener, Proxy(broker.port) as proxy:
        await listener.is_up()
        async with speaking(proxy.port) as speaker:
            await speaker.publish("t/1", b"connected")
            proxy.freeze()
            flying = [Saying("t/1", b"flies")] * 300  # more than are on their way at once
            with pytest.raises(NotConnectedError):
                await speaker.publish_all(flying, timeout_s=0.3)
            proxy.thaw()
            await speaker.publish("t/1", b"after")
            await until(lambda: b"after" in listener.payloads, "what was said after")

    assert set(listener.payloads) <= {b"connected", b"flies", b"after"}


async def test_without_a_broker_it_says_so_in_time(broker: Broker) -> None:
    broker.stop()
    async with speaking(broker.port) as speaker:
        with pytest.raises(NotConnectedError, match=r"t/1 within 0\.3 s"):
            await speaker.publish("t/1", b"hello", timeout_s=0.3)


async def test_it_is_said_once_the_broker_is_back(broker: Broker) -> None:
    async with Listener(LeanEar, broker.port) as listener, speaking(broker.port) as speaker:
        await listener.is_up()
        await speaker.publish("t/1", b"first")
        broker.kill()
        saying = asyncio.create_task(speaker.publish("t/1", b"second", timeout_s=15))
        await asyncio.to_thread(broker.start)
        await saying
        await until(lambda: b"second" in listener.payloads, "the second")

    assert listener.payloads[0] == b"first"


async def test_a_link_lost_before_the_acknowledgement_is_no_success(broker: Broker) -> None:
    async with Proxy(broker.port) as proxy, speaking(proxy.port) as speaker:
        await speaker.publish("t/1", b"connected")
        proxy.freeze()
        saying = asyncio.create_task(speaker.publish("t/1", b"swallowed", timeout_s=15))
        await asyncio.sleep(0.2)
        was_done = saying.done()
        async with Listener(LeanEar, broker.port) as listener:
            await listener.is_up()
            proxy.thaw()
            await saying
            await listener.hears(1)

    assert not was_done
    assert listener.payloads == [b"swallowed"]


async def test_a_wrong_password_says_what_to_check(broker: Broker) -> None:
    troubles: list[str] = []
    async with speaking(broker.port, troubles.append, password="wrong") as speaker:  # noqa: S106
        with pytest.raises(NotConnectedError):
            await speaker.publish("t/1", b"hello", timeout_s=0.3)

    assert "JEMPUT_MQTT_PASSWORD" in troubles[0]


async def test_a_cancelled_run_ends(broker: Broker) -> None:
    speaker = Speaker(address(broker.port), "speaker", pace=FAST)
    running = asyncio.create_task(speaker.run())
    await speaker.publish("t/1", b"connected")
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    with pytest.raises(NotConnectedError):
        await speaker.publish("t/1", b"nobody there", timeout_s=0.1)


async def test_one_that_may_not_connect_never_does(broker: Broker) -> None:
    async def not_ours() -> None:
        raise TakenOverError("another ingester has the group")

    speaker = Speaker(address(broker.port), "speaker", may_connect=not_ours)
    with pytest.raises(TakenOverError):
        await speaker.run()
    with pytest.raises(NotConnectedError):
        await speaker.publish("t/1", b"nobody there", timeout_s=0.1)
