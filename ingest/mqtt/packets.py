"""The packets of MQTT 3.1.1 that an ear sends and gets, as bytes. Pure; no I/O."""

from collections.abc import Iterable, Sequence
from struct import pack
from typing import Final, NamedTuple

from ingest.hearing import Heard, Receipt
from ingest.mqtt.errors import ProtocolViolationError

PUBLISH: Final = 0x30
PINGREQ: Final = b"\xc0\x00"
DISCONNECT: Final = b"\xe0\x00"
REFUSED: Final = 0x80
MAX_TOPIC_BYTES: Final = 0xFFFF
MAX_CONTROL_BYTES: Final = 1024

CONNACK: Final = 0x20
PUBACK: Final = 0x40

_CONNECT: Final = 0x10
_CONNACK: Final = CONNACK
_PUBACK: Final = 0x40020000
_PUBLISH_QOS_1: Final = 0x32
_SUBSCRIBE: Final = 0x82
_SUBACK: Final = 0x90
_PINGRESP: Final = 0xD0
ANSWERS: Final = frozenset({_CONNACK, _SUBACK, _PINGRESP})
_PROTOCOL: Final = b"\x00\x04MQTT\x04"
_PASSWORD_FLAG: Final = 0x40
_USER_FLAG: Final = 0x80
_CLEAN_FLAG: Final = 0x02
_RETAIN_FLAG: Final = 0x01
_QOS_MASK: Final = 0x06
_QOS_1: Final = 0x02
_TOPIC_LENGTH_BYTES: Final = 2
_PACKET_ID_BYTES: Final = 2
_CONNACK_BYTES: Final = 2


class ConnAck(NamedTuple):
    """The answer to CONNECT; code 0 is welcome."""

    session_present: bool
    code: int


class SubAck(NamedTuple):
    """The answer to SUBSCRIBE: one code for each filter, 0x80 is a refusal."""

    packet_id: int
    codes: bytes


class PingResp(NamedTuple):
    """The broker is there."""


Control = ConnAck | SubAck | PingResp


def connect(
    client_id: str,
    user: str | None,
    password: str | None,
    keepalive_s: int,
    *,
    clean: bool = False,
) -> bytes:
    """CONNECT to a session that outlives the connection, unless it is to be a `clean` one."""
    flags = _CLEAN_FLAG if clean else 0
    body = _text(client_id)
    if user is not None:
        flags |= _USER_FLAG
        body += _text(user)
        if password is not None:
            flags |= _PASSWORD_FLAG
            body += _text(password)
    return _packet(_CONNECT, _PROTOCOL + pack(">BH", flags, keepalive_s) + body)


def subscribe(packet_id: int, filters: Iterable[str]) -> bytes:
    """SUBSCRIBE to all filters with QoS 1."""
    wanted = b"".join(_text(text) + b"\x01" for text in filters)
    return _packet(_SUBSCRIBE, pack(">H", packet_id) + wanted)


def publish(topic: str, payload: bytes, packet_id: int, *, retain: bool) -> bytes:
    """PUBLISH at QoS 1."""
    first = _PUBLISH_QOS_1 | (_RETAIN_FLAG if retain else 0)
    return _packet(first, _text(topic) + pack(">H", packet_id) + payload)


def pubacks(receipts: Sequence[Receipt], generation: int) -> bytes:
    """One PUBACK for each receipt of this generation that needs one, as one write."""
    words = [_PUBACK | number for born, number in receipts if born == generation and number]
    return pack(f">{len(words)}I", *words)


def read_publish(first: int, body: bytes, generation: int, max_payload_bytes: int) -> Heard:
    """Read a PUBLISH. A payload that is too long comes back cut to one byte over the limit."""
    if len(body) < _TOPIC_LENGTH_BYTES:
        raise ProtocolViolationError("a PUBLISH without a topic")
    at = after_topic = _TOPIC_LENGTH_BYTES + (body[0] << 8 | body[1])
    packet_id = 0
    if first & _QOS_MASK:
        at += _PACKET_ID_BYTES
    if at > len(body):
        raise ProtocolViolationError("a PUBLISH shorter than its own topic")
    if at > after_topic:
        packet_id = body[at - 2] << 8 | body[at - 1]
        if first & _QOS_MASK != _QOS_1 or not packet_id:
            raise ProtocolViolationError("a PUBLISH beyond QoS 1, or without a packet id")
    return Heard(
        body[_TOPIC_LENGTH_BYTES:after_topic].decode("utf-8", "replace"),
        body[at : at + max_payload_bytes + 1],
        bool(first & _RETAIN_FLAG),
        Receipt(generation, packet_id),
    )


def read_control(first: int, body: bytes) -> Control:
    """Read one of the three answers that an ear waits for."""
    size = len(body)
    if first == _CONNACK and size == _CONNACK_BYTES and body[0] <= 1:
        return ConnAck(bool(body[0]), body[1])
    if first == _SUBACK and _PACKET_ID_BYTES < size <= MAX_CONTROL_BYTES:
        return SubAck(int.from_bytes(body[:_PACKET_ID_BYTES], "big"), body[_PACKET_ID_BYTES:])
    if first == _PINGRESP and not size:
        return PingResp()
    raise ProtocolViolationError(f"a packet 0x{first:02x} of {size} bytes, out of place here")


def read_answer(data: bytes, at: int) -> tuple[int, int, int] | None:
    """What a link that only speaks is told: kind, value and size; None while it is cut off.

    The value is CONNACK's code, or PUBACK's packet id.
    """
    if len(data) < at + 2:
        return None
    first, size = data[at], data[at + 1]
    if first == _PINGRESP and not size:
        return _PINGRESP, 0, 2
    if first not in {CONNACK, PUBACK} or size != _CONNACK_BYTES:
        raise ProtocolViolationError(f"a packet 0x{first:02x} of {size} bytes, out of place here")
    if len(data) < at + 4:
        return None
    value = data[at + 3] if first == CONNACK else data[at + 2] << 8 | data[at + 3]
    return first, value, 4


def _packet(first: int, body: bytes) -> bytes:
    size, length = len(body), b""
    while size > 0x7F:  # noqa: PLR2004 - seven bits a byte
        length += bytes([size & 0x7F | 0x80])
        size >>= 7
    return bytes([first]) + length + bytes([size]) + body


def _text(text: str) -> bytes:
    raw = text.encode()
    return pack(">H", len(raw)) + raw
