"""What a link that only speaks makes of answers, however they are cut."""

import pytest

from ingest.mqtt import packets
from ingest.mqtt.errors import ProtocolViolationError
from ingest.mqtt.packets import read_answer

ANSWERS = b"\x20\x02\x00\x00" + b"\xd0\x00" + b"\x40\x02\x01\x02" + b"\x40\x02\xff\xff"
READ = [(packets.CONNACK, 0, 4), (0xD0, 0, 2), (packets.PUBACK, 0x102, 4)]
READ.append((packets.PUBACK, 0xFFFF, 4))


def test_answers_are_read_one_after_another_and_never_before_they_are_whole() -> None:
    for cut in range(len(ANSWERS) + 1):
        read, at = [], 0
        for end in (cut, len(ANSWERS)):
            while (answer := read_answer(ANSWERS[:end], at)) is not None:
                read.append(answer)
                at += answer[2]
        assert read == READ
        assert at == len(ANSWERS)


@pytest.mark.parametrize("other", [b"\x30\x02\x00\x00", b"\x40\x03\x00\x01\x00", b"\xd0\x01\x00"])
def test_anything_else_is_a_violation(other: bytes) -> None:
    with pytest.raises(ProtocolViolationError):
        read_answer(other, 0)


@pytest.mark.parametrize("size", [0, 100, 127, 128, 20_000])
def test_what_is_published_is_what_an_ear_reads(size: int) -> None:
    packet = packets.publish("t/1", b"x" * size, 77, retain=True)
    body = packet[-(2 + 3 + 2 + size) :]
    heard = packets.read_publish(packet[0], body, 1, 1_000_000)
    assert (heard.topic, heard.payload, heard.retained) == ("t/1", b"x" * size, True)
    assert heard.receipt.packet_id == 77
