"""The broker's side of MQTT 3.1.1, as much of it as a lie needs."""

import socket
from dataclasses import dataclass
from typing import Final

CONNECT, PUBLISH, PUBACK, SUBSCRIBE, PING, DISCONNECT = 1, 3, 4, 8, 12, 14
CONNACK: Final = b"\x20\x02\x00\x00"
PINGRESP: Final = b"\xd0\x00"


class GoneError(Exception):
    """The device hung up."""


@dataclass(frozen=True, slots=True)
class Packet:
    """One packet that the device wrote."""

    kind: int
    flags: int
    body: bytes

    @property
    def is_again(self) -> bool:
        """The DUP flag of a PUBLISH."""
        return bool(self.flags & 8)

    @property
    def packet_id(self) -> int:
        """Of a PUBLISH at QoS 1, or of a SUBSCRIBE."""
        at = 2 + self._topic_length if self.kind == PUBLISH else 0
        return int.from_bytes(self.body[at : at + 2], "big")

    @property
    def topic(self) -> str:
        """Of a PUBLISH."""
        return self.body[2 : 2 + self._topic_length].decode()

    @property
    def payload(self) -> bytes:
        """Of a PUBLISH at QoS 1."""
        return self.body[4 + self._topic_length :]

    @property
    def topics(self) -> list[str]:
        """Of a SUBSCRIBE."""
        found, at = [], 2
        while at < len(self.body):
            size = int.from_bytes(self.body[at : at + 2], "big")
            found.append(self.body[at + 2 : at + 2 + size].decode())
            at += 3 + size
        return found

    @property
    def _topic_length(self) -> int:
        return int.from_bytes(self.body[:2], "big")


def read_packet(link: socket.socket) -> Packet:
    """The next packet; raises GoneError at the end."""
    head = _exactly(link, 1)[0]
    size, shift = 0, 0
    while True:
        byte = _exactly(link, 1)[0]
        size |= (byte & 0x7F) << shift
        shift += 7
        if not byte & 0x80:
            return Packet(head >> 4, head & 0xF, _exactly(link, size))


def puback(packet_id: int) -> bytes:
    """PUBACK."""
    return b"\x40\x02" + packet_id.to_bytes(2, "big")


def suback(packet: Packet, granted: int = 1) -> bytes:
    """SUBACK with one answer to all."""
    body = packet.packet_id.to_bytes(2, "big") + bytes([granted] * len(packet.topics))
    return b"\x90" + bytes([len(body)]) + body


def publish(topic: str, payload: bytes, packet_id: int = 9, *, retain: bool = True) -> bytes:
    """PUBLISH at QoS 1."""
    name = topic.encode()
    body = len(name).to_bytes(2, "big") + name + packet_id.to_bytes(2, "big") + payload
    size, length = len(body), bytearray()
    while size > 0x7F:
        length.append(size & 0x7F | 0x80)
        size >>= 7
    return bytes([0x32 | retain]) + bytes(length) + bytes([size]) + body


def _exactly(link: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size:
        try:
            more = link.recv(size - len(data))
        except OSError:
            raise GoneError from None
        if not more:
            raise GoneError
        data += more
    return data
