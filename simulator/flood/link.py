"""One connection of the flood: says as much as its window allows, and times what is acknowledged.

A CONNECT, PUBLISH at QoS 1 and DISCONNECT by hand: a kept MQTT library costs more a message
than what is to be measured.
"""

import asyncio
import time
from array import array
from collections.abc import Iterator
from dataclasses import dataclass, field
from ssl import SSLContext
from struct import pack, unpack
from typing import Final

from simulator.flood.messages import Message, Writer

MOST_WINDOW: Final = 65_535
_PUBACK: Final = 0x4002
_PUBACK_BYTES: Final = 4
_CONNACK: Final = b"\x20\x02"
_DISCONNECT: Final = b"\xe0\x00"


class FloodError(ConnectionError):
    """The broker refused or left; the message says what to look at."""


@dataclass(frozen=True, slots=True)
class Broker:
    """Where the broker is, and as whom to speak to it."""

    host: str
    port: int
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    tls: SSLContext | None = None


@dataclass(slots=True)
class Times:
    """When each message was sent and acknowledged, in Unix seconds, in the order of sending."""

    messages: list[Message] = field(default_factory=list)
    sent_s: "array[float]" = field(default_factory=lambda: array("d"))
    acked_s: "array[float]" = field(default_factory=lambda: array("d"))


class Link(asyncio.Protocol):
    """Says all of `messages`; `done` is set once the last is acknowledged."""

    def __init__(
        self, broker: Broker, client_id: str, messages: Iterator[Message], count: int, window: int
    ) -> None:
        """Take what to say; nothing is said before `allow`."""
        self.times = Times()
        self._loop = asyncio.get_running_loop()
        self._up: asyncio.Future[None] = self._loop.create_future()
        self.done: asyncio.Future[None] = self._loop.create_future()
        self._broker = broker
        self._client_id = client_id
        self._messages = messages
        self._count = count
        self._window = min(window, MOST_WINDOW)
        self._writer: Writer | None = None
        self._allowed = 0
        self._sent = 0
        self._acked = 0
        self._waiting: dict[int, int] = {}
        self._part = b""
        self._transport: asyncio.Transport | None = None

    async def connect(self) -> None:
        """Return once the broker bids welcome. Raises `FloodError`, `OSError`."""
        at = self._broker
        await self._loop.create_connection(lambda: self, at.host, at.port, ssl=at.tls)
        await self._up

    def allow(self, writer: Writer, upto: int) -> None:
        """Say messages until `upto` of them are said, as the window allows."""
        self._writer = writer
        self._allowed = min(upto, self._count)
        if not self._count and not self.done.done():
            self.done.set_result(None)
        self._say()

    def leave(self) -> None:
        """End the connection in good order."""
        if self._transport is not None:
            self._transport.write(_DISCONNECT)
            self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Introduce ourselves. Called by asyncio."""
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - what create_connection makes
        self._transport = transport
        transport.write(_connect(self._client_id, self._broker))

    def data_received(self, data: bytes) -> None:
        """Read acknowledgements, however they were cut. Called by asyncio."""
        data = self._part + data
        whole = len(data) // _PUBACK_BYTES * _PUBACK_BYTES
        self._part = data[whole:]
        if not self._up.done():
            if whole:
                self._welcome(data[:_PUBACK_BYTES])
                self._take(data[_PUBACK_BYTES:whole])
            return
        self._take(data[:whole])
        self._say()

    def connection_lost(self, exc: Exception | None) -> None:
        """Whoever still waits is told. Called by asyncio."""
        told = FloodError(f"the broker left: {exc or 'it closed the connection'}; see its log")
        for waiting in (self._up, self.done):
            if not waiting.done():
                waiting.set_exception(told)
                waiting.exception()

    def _welcome(self, answer: bytes) -> None:
        if answer[:2] != _CONNACK or answer[3]:
            reason = f"the broker refused the flood with code {answer[3]}: check user and password"
            self._up.set_exception(FloodError(reason))
            return
        self._up.set_result(None)

    def _take(self, answers: bytes) -> None:
        now_s, acked_s, waiting = time.time(), self.times.acked_s, self._waiting
        for kind, packet_id in _pairs(answers):
            if kind != _PUBACK or packet_id not in waiting:
                self._fail(f"the broker said 0x{kind:04x} for packet {packet_id}: no PUBACK")
                return
            acked_s[waiting.pop(packet_id)] = now_s
        self._acked += len(answers) // _PUBACK_BYTES
        if self._acked == self._count and not self.done.done():
            self.done.set_result(None)

    def _say(self) -> None:
        """Fill the window with one write."""
        more = min(self._allowed - self._sent, self._window - len(self._waiting))
        if more <= 0 or self._writer is None or self._transport is None:
            return
        now_s = time.time()
        packet, at_s, waiting = self._writer.packet, int(now_s), self._waiting
        parts = []
        for index in range(self._sent, self._sent + more):
            message = next(self._messages)
            packet_id = index % MOST_WINDOW + 1
            waiting[packet_id] = index
            self.times.messages.append(message)
            parts.append(packet(message, packet_id, at_s))
        self.times.sent_s.extend([now_s] * more)
        self.times.acked_s.extend([0.0] * more)
        self._sent += more
        self._transport.write(b"".join(parts))

    def _fail(self, problem: str) -> None:
        if not self.done.done():
            self.done.set_exception(FloodError(problem))
        if self._transport is not None:
            self._transport.abort()


def _pairs(answers: bytes) -> Iterator[tuple[int, int]]:
    words = iter(unpack(f">{len(answers) // 2}H", answers))
    return zip(words, words, strict=True)


def _connect(client_id: str, broker: Broker) -> bytes:
    """CONNECT of MQTT 3.1.1, a clean session and no keepalive."""
    flags, fields = 0x02, [client_id]
    if broker.username is not None:
        flags |= 0x80
        fields.append(broker.username)
    if broker.password is not None:
        flags |= 0x40
        fields.append(broker.password)
    body = b"\x00\x04MQTT\x04" + pack(">BH", flags, 0)
    body += b"".join(pack(">H", len(one.encode())) + one.encode() for one in fields)
    size, length = len(body), b""
    while size > 0x7F:  # noqa: PLR2004 - seven bits a byte
        length, size = length + bytes((size & 0x7F | 0x80,)), size >> 7
    return b"\x10" + length + bytes((size,)) + body
