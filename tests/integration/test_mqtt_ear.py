"""What every ear promises, on both brokers, over both readers."""

import asyncio

import pytest

from ingest.hearing import Receipt
from ingest.mqtt.ear import LinkedEar
from ingest.mqtt.session import FORGOTTEN, Session
from tests.brokers import ACK_WAIT_S, Broker, address
from tests.listener import Listener, say, until
from tests.proxy import Proxy

REDELIVERY_S = ACK_WAIT_S + 1


async def test_messages_are_heard_in_order_and_a_burst_in_batches(
    broker: Broker, kind: type[LinkedEar]
) -> None:
    sent = [b"%d" % number for number in range(200)]
    async with Listener(kind, broker.port) as listener:
        await listener.is_up()
        await say(broker.port, *sent)
        await listener.hears(200)

    assert listener.payloads == sent
    assert {heard.topic for heard in listener.heard} == {"t/1"}
    assert not any(heard.retained for heard in listener.heard)
    assert listener.links == [True, False]
    assert listener.troubles == []


async def test_what_was_acknowledged_never_comes_again(
    broker: Broker, kind: type[LinkedEar]
) -> None:
    async with Listener(kind, broker.port) as first:
        await first.is_up()
        await say(broker.port, b"1", b"2", b"3")
        await first.hears(3)
        first.ear.acknowledge(first.receipts)
    async with Listener(kind, broker.port) as second:
        await second.is_up()
        await asyncio.sleep(REDELIVERY_S)

    assert second.payloads == []


async def test_what_was_not_acknowledged_comes_again(broker: Broker, kind: type[LinkedEar]) -> None:
    async with Listener(kind, broker.port) as first:
        await first.is_up()
        await say(broker.port, b"1", b"2", b"3")
        await first.hears(3)
        first.ear.acknowledge(first.receipts[:1])
    async with Listener(kind, broker.port) as second:
        await second.hears(2)
        second.ear.acknowledge(second.receipts)

    assert sorted(second.payloads) == [b"2", b"3"]


async def test_the_session_keeps_what_came_while_nobody_listened(
    broker: Broker, kind: type[LinkedEar]
) -> None:
    async with Listener(kind, broker.port) as first:
        await first.is_up()
    sent = [b"%d" % number for number in range(100)]
    await say(broker.port, *sent)
    async with Listener(kind, broker.port) as second:
        await second.hears(100)
        second.ear.acknowledge(second.receipts)

    assert second.payloads == sent
    assert second.links == [True, False]


async def test_a_receipt_of_an_earlier_link_acknowledges_nothing(
    broker: Broker, kind: type[LinkedEar]
) -> None:
    async with Proxy(broker.port) as proxy:
        async with Listener(kind, proxy.port) as listener:
            await listener.is_up()
            await say(broker.port, b"kept")
            await listener.hears(1)
            proxy.cut()
            await listener.is_up(links=2)
            await listener.hears(2)
            old, new = listener.receipts[:2]
            listener.ear.acknowledge([old])
            # The broker has numbered it anew, or as before: with the old generation on
            # every number of this link, all of them have to be ignored.
            listener.ear.acknowledge([Receipt(old.generation, number) for number in range(1, 20)])
        async with Listener(kind, broker.port) as after:
            await after.hears(1)
            after.ear.acknowledge(after.receipts)

    assert old.generation != new.generation
    assert after.payloads == [b"kept"]


async def test_a_receipt_of_another_ear_acknowledges_nothing(
    broker: Broker, kind: type[LinkedEar]
) -> None:
    async with Listener(kind, broker.port) as first:
        await first.is_up()
        await say(broker.port, b"kept")
        await first.hears(1)
    async with Listener(kind, broker.port) as second:
        await second.hears(1)
        second.ear.acknowledge(first.receipts)
    async with Listener(kind, broker.port) as third:
        await third.hears(1)
        third.ear.acknowledge(third.receipts)

    assert third.payloads == [b"kept"]


async def test_qos_0_is_heard_and_needs_no_acknowledgement(
    broker: Broker, kind: type[LinkedEar]
) -> None:
    async with Listener(kind, broker.port) as listener:
        await listener.is_up()
        await say(broker.port, b"loose", qos=0)
        await listener.hears(1)
        listener.ear.acknowledge(listener.receipts)
        await say(broker.port, b"firm")
        await listener.hears(2)

    assert listener.receipts[0].packet_id == 0
    assert listener.receipts[1].packet_id > 0
    assert listener.links == [True, False]


async def test_a_retained_message_says_so(broker: Broker, kind: type[LinkedEar]) -> None:
    await say(broker.port, b"from before", topic="t/kept", retain=True)
    async with Listener(kind, broker.port) as listener:
        await listener.hears(1)
        await say(broker.port, b"live", topic="t/kept", retain=True)
        await listener.hears(2)

    assert [(heard.payload, heard.retained) for heard in listener.heard] == [
        (b"from before", True),
        (b"live", False),
    ]


@pytest.mark.parametrize("size", [0, 100_000, 1024 * 1024])
async def test_a_large_payload_comes_whole(
    broker: Broker, kind: type[LinkedEar], size: int
) -> None:
    payload = bytes(range(256)) * (size // 256)
    async with Listener(kind, broker.port) as listener:
        await listener.is_up()
        await say(broker.port, payload, b"next")
        await listener.hears(2)

    assert listener.payloads == [payload, b"next"]


async def test_a_payload_beyond_the_limit_comes_cut_and_can_be_acknowledged(
    broker: Broker, kind: type[LinkedEar]
) -> None:
    async with Listener(kind, broker.port) as listener:
        await listener.is_up()
        await say(broker.port, bytes(2_000_000), b"next")
        await listener.hears(2)
        listener.ear.acknowledge(listener.receipts)
    async with Listener(kind, broker.port) as second:
        await second.is_up()
        await asyncio.sleep(REDELIVERY_S)

    assert [len(payload) for payload in listener.payloads] == [1024 * 1024 + 1, 4]
    assert second.payloads == []


async def test_a_killed_broker_is_found_again_and_knows_the_session(
    broker: Broker, kind: type[LinkedEar]
) -> None:
    async with Listener(kind, broker.port) as listener:
        await listener.is_up()
        await say(broker.port, b"before")
        await listener.hears(1)
        listener.ear.acknowledge(listener.receipts)
        broker.kill()
        await listener.is_down()
        await asyncio.to_thread(broker.start)
        await listener.is_up(links=2)
        await say(broker.port, b"after")
        await until(lambda: b"after" in listener.payloads, "the message after the restart")

    assert listener.links == [True, False, True, False]
    assert FORGOTTEN not in listener.troubles


# Mosquitto does not save what it delivered and nobody acknowledged yet, on any setting of 2.0.
@pytest.mark.parametrize("broker", ["nats"], indirect=True)
async def test_what_our_own_broker_took_survives_its_kill(
    broker: Broker, kind: type[LinkedEar]
) -> None:
    sent = [b"%d" % number for number in range(50)]
    async with Listener(kind, broker.port) as listener:
        await listener.is_up()
        await say(broker.port, *sent)
        broker.kill()
        await listener.is_down()
        before = len(listener.heard)
        await asyncio.to_thread(broker.start)
        await listener.hears(before + len(sent))

    assert sorted(listener.payloads[before:]) == sorted(sent)


async def test_a_link_that_goes_half_open_is_noticed_and_replaced(
    broker: Broker, kind: type[LinkedEar]
) -> None:
    async with Proxy(broker.port) as proxy, Listener(kind, proxy.port) as listener:
        await listener.is_up()
        proxy.freeze()
        await listener.is_down(timeout_s=8)
        proxy.thaw()
        await listener.is_up(links=2)
        await say(broker.port, b"after")
        await listener.hears(1)

    assert listener.payloads == [b"after"]


async def test_an_idle_link_stays(broker: Broker, kind: type[LinkedEar]) -> None:
    session = Session("idle", ("t/#",), keepalive_s=3)
    async with Listener(kind, broker.port, session=session) as listener:
        await listener.is_up()
        await asyncio.sleep(5)  # a broker drops whoever is silent for half as long again

        assert listener.links == [True]


async def test_a_wrong_password_says_what_to_check_and_is_tried_again(
    broker: Broker, kind: type[LinkedEar]
) -> None:
    async with Listener(kind, address(broker.port, password="wrong")) as listener:  # noqa: S106
        await until(lambda: len(listener.troubles) >= 2, "two refusals")

    assert all("JEMPUT_MQTT_PASSWORD" in trouble for trouble in listener.troubles)
    assert listener.links == []


# Mosquitto 2.0 grants what its ACL denies, and then delivers nothing.
@pytest.mark.parametrize("broker", ["nats"], indirect=True)
async def test_a_denied_subscription_says_what_to_check_and_is_tried_again(
    broker: Broker, kind: type[LinkedEar]
) -> None:
    session = Session("curious", ("t/#", "secret/+"))
    async with Listener(kind, broker.port, session=session) as listener:
        await until(lambda: len(listener.troubles) >= 2, "two refusals")

    assert all("hear secret/+; give this user" in trouble for trouble in listener.troubles)
    assert listener.links == []
