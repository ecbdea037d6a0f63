"""What the flood's devices say: single readings on the wire v1, prebuilt but for the numbers.

Bins rise a fifth of a percent a reading, as those do that fill in three days and are measured each
ten minutes; they cross any threshold, are emptied at 95 % and rise again.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from struct import pack
from typing import Final, NamedTuple

from firmware.payload import encode_message, reading_topic

EMPTY_MM: Final = 1_200
FULL_MM: Final = 200
"""The shape of every bin: one millimetre is one permille."""

_PUBLISH_QOS_1: Final = b"\x32"
_STEP_PERMILLE: Final = 2
_LOWEST_PERMILLE: Final = 50
_CYCLE_PERMILLE: Final = 900
_FIRST_BELOW_PERMILLE: Final = 680
_APART: Final = 617
"""Has no divisor in common with the range of first levels, which it so spreads evenly."""

_BOOT, _SEQ, _AT, _MM = 1_111_111, 2_222_222, 1_333_333_333, 4_444


def _template() -> bytes:
    """The firmware's own spelling of a healthy reading, with room for what differs."""
    reading = {"boot": _BOOT, "seq": _SEQ, "at": _AT, "clock": "ntp", "quality": "ok"}
    reading |= {"distance_mm": _MM, "echoes": 5, "spread_mm": 3}
    reading |= {"temperature_c": 31, "battery_mv": 3900, "rssi_dbm": -71, "tilt_deg": 2}
    text: bytes = encode_message([reading], [(_BOOT, _SEQ)])
    for number in (_BOOT, _SEQ, _AT, _MM):
        text = text.replace(b"%d" % number, b"%d")
    return text


class Message(NamedTuple):
    """One reading to be said: whose, and its sequence."""

    device: int
    seq: int


@dataclass(frozen=True, slots=True)
class Plan:
    """How much is said by how many devices, over how many connections."""

    count: int
    devices: int
    connections: int = 1
    site: str = "flood"
    boot: int = 1
    first_seq: int = 1

    def device(self, number: int) -> str:
        """The id of a device."""
        return f"flood-{number:06}"

    def of_link(self, link: int) -> Iterator[Message]:
        """What one connection says, in order: each device always speaks on the same one."""
        for start in range(0, self.count, self.devices):
            seq = self.first_seq + start // self.devices
            most = min(self.devices, self.count - start)
            for device in range(link, most, self.connections):
                yield Message(device, seq)

    def count_of_link(self, link: int) -> int:
        """How many messages that is."""
        rounds, rest = divmod(self.count, self.devices)
        one_round = len(range(link, self.devices, self.connections))
        return rounds * one_round + len(range(link, rest, self.connections))


class Writer:
    """Messages to PUBLISH packets, about a microsecond each."""

    def __init__(self, plan: Plan) -> None:
        """Spell every topic once."""
        topics = [reading_topic(plan.site, plan.device(one)) for one in range(plan.devices)]
        self._topics = [pack(">H", len(topic)) + topic.encode() for topic in topics]
        self._boot = plan.boot
        self._payload = _template()

    def packet(self, message: Message, packet_id: int, at_s: int) -> bytes:
        """The reading as its device would publish it at `at_s`."""
        device, seq = message
        boot, topic = self._boot, self._topics[device]
        payload = self._payload % (boot, seq, at_s, distance_mm(device, seq), boot, seq)
        size = len(topic) + 2 + len(payload)
        length = bytes((size & 0x7F | 0x80, size >> 7))  # always two: from 128 to 16,383 bytes
        return b"".join((_PUBLISH_QOS_1, length, topic, pack(">H", packet_id), payload))


def distance_mm(device: int, seq: int) -> int:
    """What a device measures: its bin rises, and is emptied when it is full."""
    risen = device * _APART % _FIRST_BELOW_PERMILLE + seq * _STEP_PERMILLE
    return EMPTY_MM - _LOWEST_PERMILLE - risen % _CYCLE_PERMILLE
