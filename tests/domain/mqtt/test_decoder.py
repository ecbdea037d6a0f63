"""The decoder reads the same messages however the bytes were cut, and nothing makes it hang."""

import time
from collections.abc import Sequence
from itertools import pairwise
from struct import pack

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.hearing import Heard, Receipt
from ingest.mqtt.decoder import Decoder
from ingest.mqtt.errors import ProtocolViolationError
from ingest.mqtt.packets import ConnAck, Control, PingResp, SubAck

GENERATION = 7
LIMIT = 300
LONGEST_TOPIC = 0xFFFF


def remaining_length(size: int) -> bytes:
    length = bytearray()
    while size > 0x7F:
        length.append(size & 0x7F | 0x80)
        size >>= 7
    return bytes([*length, size])


def publish(topic: bytes, payload: bytes, packet_id: int, *, retained: bool = False) -> bytes:
    first = 0x30 | (0x02 if packet_id else 0) | retained
    body = pack(">H", len(topic)) + topic
    body += (pack(">H", packet_id) if packet_id else b"") + payload
    return bytes([first]) + remaining_length(len(body)) + body


def decode(chunks: Sequence[bytes], limit: int = LIMIT) -> tuple[list[Heard], list[Control]]:
    decoder = Decoder(GENERATION, limit)
    heard: list[Heard] = []
    control = [packet for chunk in chunks for packet in decoder.feed(chunk, heard)]
    return heard, control


def cut_up(stream: bytes, cuts: Sequence[int]) -> list[bytes]:
    edges = [0, *sorted(cut % (len(stream) + 1) for cut in cuts), len(stream)]
    return [stream[a:b] for a, b in pairwise(edges)]


texts = st.text(max_size=60).map(lambda text: text.encode("utf-8", "replace"))
publishes = st.builds(
    publish,
    texts,
    st.binary(max_size=40) | st.integers(100, 20_000).map(bytes),
    st.integers(0, 0xFFFF),
    retained=st.booleans(),
)
answers = st.sampled_from([b"\x20\x02\x01\x00", b"\x90\x04\x00\x01\x01\x80", b"\xd0\x00"])
streams = st.lists(publishes | answers, max_size=8).map(b"".join)


@given(stream=streams, cuts=st.lists(st.integers(0, 1 << 20), max_size=30))
def test_any_fragmentation_yields_the_same_messages(stream: bytes, cuts: list[int]) -> None:
    assert decode(cut_up(stream, cuts)) == decode([stream])


@given(stream=streams)
def test_byte_by_byte_yields_the_same_messages(stream: bytes) -> None:
    assert decode([stream[i : i + 1] for i in range(len(stream))]) == decode([stream])


@given(
    topic=texts,
    payload=st.binary(max_size=LIMIT) | st.integers(0, LIMIT).map(bytes),
    packet_id=st.integers(0, 0xFFFF),
    retained=st.booleans(),
)
def test_a_publish_is_heard_as_it_was_sent(
    topic: bytes, payload: bytes, packet_id: int, *, retained: bool
) -> None:
    heard, control = decode([publish(topic, payload, packet_id, retained=retained)])

    assert heard == [Heard(topic.decode(), payload, retained, Receipt(GENERATION, packet_id))]
    assert control == []


@given(garbage=st.binary(max_size=200), cuts=st.lists(st.integers(0, 200), max_size=5))
def test_arbitrary_bytes_parse_or_are_a_violation(garbage: bytes, cuts: list[int]) -> None:
    try:
        heard, control = decode(cut_up(garbage, cuts))
    except ProtocolViolationError:
        return
    assert len(heard) + len(control) <= len(garbage) // 2


@given(tail=st.binary(max_size=60), flags=st.integers(0, 15))
def test_an_arbitrary_publish_parses_or_is_a_violation(tail: bytes, flags: int) -> None:
    packet = bytes([0x30 | flags, len(tail)]) + tail
    try:
        heard, _ = decode([packet])
    except ProtocolViolationError:
        return
    assert len(heard) == 1


def test_answers_are_told_apart() -> None:
    _, control = decode([b"\x20\x02\x01\x05" + b"\x90\x04\x00\x01\x01\x80" + b"\xd0\x00"])

    assert control == [
        ConnAck(session_present=True, code=5),
        SubAck(packet_id=1, codes=b"\x01\x80"),
        PingResp(),
    ]


@pytest.mark.parametrize("surplus", [1, 1000, LONGEST_TOPIC, LONGEST_TOPIC + 100, 1_000_000])
@pytest.mark.parametrize("chunk", [4096, 1 << 30])
def test_a_long_payload_comes_cut_and_the_next_message_whole(surplus: int, chunk: int) -> None:
    stream = publish(b"a", b"x" * (LIMIT + surplus), 1) + publish(b"b", b"next", 2)
    heard, _ = decode([stream[i : i + chunk] for i in range(0, len(stream), chunk)])

    assert heard == [
        Heard("a", b"x" * (LIMIT + 1), False, Receipt(GENERATION, 1)),  # noqa: FBT003
        Heard("b", b"next", False, Receipt(GENERATION, 2)),  # noqa: FBT003
    ]


def test_a_long_payload_is_heard_only_when_all_of_it_came() -> None:
    stream = publish(b"a", b"x" * 1_000_000, 1)
    decoder = Decoder(GENERATION, LIMIT)
    heard: list[Heard] = []

    decoder.feed(stream[:-1], heard)
    early = len(heard)
    decoder.feed(stream[-1:], heard)

    assert (early, len(heard)) == (0, 1)


def test_a_long_payload_is_not_kept_while_it_passes() -> None:
    stream = publish(b"a", bytes(10_000_000), 1)
    decoder = Decoder(GENERATION, LIMIT)
    for start in range(0, len(stream) - 1, 65_536):
        decoder.feed(stream[start : start + 65_536][: len(stream) - 1 - start], [])

        assert sum(map(len, decoder._parts)) <= LONGEST_TOPIC + LIMIT + 65_536


def test_a_megabyte_byte_by_byte_takes_linear_time() -> None:
    stream = publish(b"a", bytes(1_000_000), 1)
    pieces = [stream[i : i + 1] for i in range(len(stream))]
    began = time.process_time()
    heard, _ = decode(pieces, limit=1_000_000)

    assert len(heard) == 1
    assert time.process_time() - began < 10, "joined at each byte it takes minutes"


def test_a_topic_that_is_not_utf8_is_still_heard() -> None:
    heard, _ = decode([publish(b"bad/\xff\xfe", b"p", 3)])

    assert heard[0].topic == "bad/\ufffd\ufffd"
    assert heard[0].receipt.packet_id == 3


@pytest.mark.parametrize(
    "packet",
    [
        pytest.param(b"\x32\x05\x00\x01a\x00\x00", id="packet id 0"),
        pytest.param(b"\x34\x05\x00\x01a\x00\x01", id="QoS 2"),
        pytest.param(b"\x36\x05\x00\x01a\x00\x01", id="QoS 3"),
        pytest.param(b"\x30\x00", id="no topic"),
        pytest.param(b"\x30\x01\x00", id="half a topic length"),
        pytest.param(b"\x30\x04\x00\x05ab", id="topic beyond its packet"),
        pytest.param(b"\x32\x04\x00\x01a\x00", id="half a packet id"),
        pytest.param(b"\x30\xff\xff\xff\xff\x01", id="five length bytes"),
        pytest.param(b"\x30\xff\xff\xff\xff", id="four length bytes that want a fifth"),
        pytest.param(b"\x00\x00", id="reserved packet type"),
        pytest.param(b"\x40\x02\x00\x01", id="PUBACK of what we never published"),
        pytest.param(b"\x20\x02\x02\x00", id="CONNACK with unknown flags"),
        pytest.param(b"\x20\x01\x00", id="short CONNACK"),
        pytest.param(b"\x21\x02\x00\x00", id="CONNACK with flags in the header"),
        pytest.param(b"\x90\x02\x00\x01", id="SUBACK without a code"),
        pytest.param(b"\xd0\x01\x00", id="PINGRESP with a body"),
        pytest.param(b"\x90\xff\xff\x7f", id="SUBACK of megabytes, not waited for"),
        pytest.param(b"HTTP", id="not MQTT, not waited for"),
    ],
)
def test_what_mqtt_does_not_allow_is_a_violation(packet: bytes) -> None:
    with pytest.raises(ProtocolViolationError):
        decode([packet])


def test_what_came_before_a_violation_is_heard() -> None:
    decoder = Decoder(GENERATION, LIMIT)
    heard: list[Heard] = []
    with pytest.raises(ProtocolViolationError):
        decoder.feed(publish(b"good", b"", 1) + b"\x00\x00", heard)

    assert [message.topic for message in heard] == ["good"]
