"""What an ear writes, byte by byte as MQTT 3.1.1 has it."""

from hypothesis import given
from hypothesis import strategies as st

from ingest.hearing import Receipt
from ingest.mqtt import packets

GENERATION = 3


def test_connect_keeps_the_session_and_names_the_account() -> None:
    packet = packets.connect("me", "user", "word", keepalive_s=30)

    assert packet == (
        b"\x10\x1a" + b"\x00\x04MQTT\x04" + b"\xc0" + b"\x00\x1e"
        b"\x00\x02me" + b"\x00\x04user" + b"\x00\x04word"
    )
    assert not packet[9] & 0x02, "clean session would drop what waited for us"


def test_connect_without_an_account() -> None:
    packet = packets.connect("me", None, None, keepalive_s=5)

    assert packet == b"\x10\x0e\x00\x04MQTT\x04\x00\x00\x05\x00\x02me"


def test_subscribe_asks_for_qos_1() -> None:
    packet = packets.subscribe(1, ("a/+", "b"))

    assert packet == b"\x82\x0c\x00\x01" + b"\x00\x03a/+\x01" + b"\x00\x01b\x01"


def test_a_long_packet_has_a_long_length() -> None:
    packet = packets.subscribe(1, ("x" * 200,))

    assert packet[:3] == b"\x82\xcd\x01"
    assert len(packet) == 3 + 0xCD


@given(ids=st.lists(st.integers(1, 0xFFFF)))
def test_pubacks_leave_in_the_order_given(ids: list[int]) -> None:
    written = packets.pubacks([Receipt(GENERATION, number) for number in ids], GENERATION)

    assert written == b"".join(b"\x40\x02" + number.to_bytes(2, "big") for number in ids)


def test_neither_old_receipts_nor_qos_0_are_acknowledged() -> None:
    receipts = [Receipt(GENERATION - 1, 1), Receipt(GENERATION, 0), Receipt(GENERATION, 2)]

    assert packets.pubacks(receipts, GENERATION) == b"\x40\x02\x00\x02"
