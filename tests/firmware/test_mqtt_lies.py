"""The client against brokers that stall, lie and babble: it ends in its own time, with a reason."""

from typing import Final

import pytest

from tests.firmware.broker import talk
from tests.firmware.broker.honest import Habits, ThreadBroker
from tests.firmware.broker.lies import LIES
from tests.firmware.talking import talk_to
from tests.servers import wait_until

ENDS: Final = {
    "takes no connection": "silent",
    "silent": "silent",
    "closes at once": ("closed", "reset"),
    "resets at once": ("closed", "reset", "unreachable"),
    "half a connack": "slow",
    "a connack drop by drop": "slow",
    "answers as a web server": ("silent", "slow", "nonsense"),
    "endless noise": ("silent", "nonsense", "slow", "out of time"),
    "a length without end": "nonsense",
    "endless messages": ("silent", "out of time", "nonsense"),
    "a packet of 256 MB": ("slow", "out of time"),
    "an empty connack": "nonsense",
    "too busy": "refused-3",
    "wrong password": "refused-4",
    "not authorised": "refused-5",
    "no suback": "done",
    "a topic of no letters": "nonsense",
    "a message at qos 2": "nonsense",
    "a message without a topic": "nonsense",
    "deaf after suback": "stalled",
    "no puback": "no-puback",
    "puback of another": "no-puback",
    "closes at publish": ("closed", "reset"),
    "no pong": "silent",
    "puback at the second try": "done",
    "subscriptions refused": "done",
}
BUDGET_MS: Final = 2_500


@pytest.mark.parametrize("lie", LIES)
def test_a_lie_ends_with_its_reason(lie: str) -> None:
    with ThreadBroker(LIES[lie]()) as broker:
        end = talk_to(
            broker.port,
            answer_ms=300,
            budget_ms=BUDGET_MS,
            heap="16M",
            publish=[["t", 300 if lie != "deaf after suback" else 1_500_000]],
        )["end"]

    wanted = ENDS[lie]
    assert end == wanted or end in wanted


def test_what_was_not_acknowledged_goes_again_as_a_duplicate_of_the_same_id() -> None:
    with ThreadBroker(LIES["no puback"]()) as broker:
        talk_to(broker.port, answer_ms=200)

    tries = broker.of_kind(talk.PUBLISH)
    assert [packet.is_again for packet in tries] == [False, True, True]
    assert len({(packet.packet_id, packet.payload) for packet in tries}) == 1


def test_a_retained_message_is_heard_and_acknowledged_once() -> None:
    topic = "jemput/v1/s/bin-7/config"
    with ThreadBroker(Habits(retained={topic: b'{"v":1}'})) as broker:
        said = talk_to(broker.port)

    assert said["heard"] == [[topic, '{"v":1}']]
    assert said["granted"] is True
    assert [packet.packet_id for packet in broker.of_kind(talk.PUBACK)] == [9]
    wait_until(lambda: broker.of_kind(talk.DISCONNECT) != [], 30, "DISCONNECT")


def test_a_message_larger_than_the_heap_is_acknowledged_and_left_alone() -> None:
    topic = "jemput/v1/s/bin-7/config"
    with ThreadBroker(Habits(retained={topic: b"x" * 2_000_000})) as broker:
        said = talk_to(broker.port)

    assert said["end"] == "done"
    assert said["heard"] == []
    assert [packet.packet_id for packet in broker.of_kind(talk.PUBACK)] == [9]


def test_nobody_listens() -> None:
    with ThreadBroker(Habits(accepts=False)) as broker:
        port = broker.port

    assert talk_to(port)["end"] == "unreachable"
