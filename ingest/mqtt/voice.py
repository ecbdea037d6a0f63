"""A link that only speaks: PUBLISH at QoS 1, many in one write, each until its PUBACK.

Our own for the same reason as the ear's: every device is owed an acknowledgement twice a minute,
and a kept library takes twenty times as long for each.
"""

import asyncio
import contextlib
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from typing import Final, NamedTuple

from ingest.mqtt import packets
from ingest.mqtt.errors import (
    LinkLostError,
    ProtocolViolationError,
    RefusedError,
    SilentError,
    UnreachableError,
)
from ingest.mqtt.session import Address

_IN_FLIGHT: Final = 200
_TIMEOUT_S: Final = 5.0
_KEEPALIVE_S: Final = 30
_LEAVE_S: Final = 2.0
_MOST_IDS: Final = 0xFFFF


class Saying(NamedTuple):
    """One message to be said."""

    topic: str
    payload: bytes
    retain: bool = False


class _Batch:
    """What is said together; `left` resolves to what was not acknowledged on this link."""

    def __init__(self, messages: Iterable[Saying], left: "asyncio.Future[list[Saying]]") -> None:
        self.waiting = dict(enumerate(messages))
        self.left = left

    def is_acknowledged(self, number: int) -> None:
        self.waiting.pop(number, None)
        if not self.waiting:
            self.end()

    def end(self) -> None:
        if not self.left.done():
            self.left.set_result(list(self.waiting.values()))


class Voice(asyncio.Protocol):
    """One connection, from CONNECT to the end; `ended` raises why."""

    def __init__(self, address: Address, client_id: str, on_end: Callable[[], None]) -> None:
        """Take where, a client id that nobody else uses, and what is done once it is over."""
        self._on_end = on_end
        self._address = address
        self._client_id = client_id
        self._loop = asyncio.get_running_loop()
        self._welcome: asyncio.Future[None] = self._loop.create_future()
        self.ended: asyncio.Future[None] = self._loop.create_future()
        self._gone = asyncio.Event()
        self._queue: deque[tuple[_Batch, int]] = deque()
        self._flying: dict[int, tuple[_Batch, int]] = {}
        self._last_id = 0
        self._part = b""
        self._alive = True
        self._timer: asyncio.TimerHandle | None = None
        self._transport: asyncio.Transport | None = None

    async def connect(self) -> None:
        """Return once the broker bids welcome. Raises `LinkError`."""
        host, port, tls = self._address.host, self._address.port, self._address.tls
        try:
            async with asyncio.timeout(_TIMEOUT_S):
                await self._loop.create_connection(lambda: self, host, port, ssl=tls)
        except TimeoutError as error:
            raise UnreachableError(self._address, "no answer") from error
        except OSError as error:
            raise UnreachableError(self._address, error) from error
        await asyncio.wait(
            {self._welcome, self.ended}, timeout=_TIMEOUT_S, return_when="FIRST_COMPLETED"
        )
        if self.ended.done():
            self.ended.result()
        if not self._welcome.done():
            raise SilentError(self._address)
        self._beat()

    async def say(self, messages: Sequence[Saying]) -> list[Saying]:
        """Say them in their order; return, at the end of the link, what was not acknowledged."""
        batch = _Batch(messages, self._loop.create_future())
        if self.ended.done():
            return list(messages)
        self._queue.extend((batch, number) for number in batch.waiting)
        self._pump()
        return await batch.left

    async def is_over(self) -> None:
        """Wait for the end, and raise why it came."""
        await asyncio.wait({self.ended})  # not awaited itself: who is cancelled would cancel it
        self.ended.result()

    async def leave(self) -> None:
        """Say goodbye where that is still possible. What is on its way is acknowledged or not."""
        if self._transport is not None and not self.ended.done():
            self._transport.write(packets.DISCONNECT)
            self._transport.close()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_LEAVE_S):
                    await self._gone.wait()
        self._end(LinkLostError(self._address, "we left"))
        self.ended.exception()  # else asyncio complains that nobody asked

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Introduce ourselves. Called by asyncio."""
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - what create_connection makes
        self._transport = transport
        user, password = self._address.user, self._address.password
        hello = packets.connect(self._client_id, user, password, _KEEPALIVE_S, clean=True)
        transport.write(hello)

    def data_received(self, data: bytes) -> None:
        """Read everything that came. Called by asyncio."""
        self._alive = True
        try:
            self._part = self._read(self._part + data)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is what ended the link
            self._end(error)

    def connection_lost(self, exc: Exception | None) -> None:
        """Note that it is over. Called by asyncio."""
        self._end(LinkLostError(self._address, str(exc or "the broker closed it")))
        self._gone.set()

    def _read(self, data: bytes) -> bytes:
        """Obey all answers that are complete; return what is left."""
        at = 0
        while (answer := packets.read_answer(data, at)) is not None:
            kind, value, size = answer
            at += size
            if kind == packets.PUBACK:
                self._acknowledged(value)
            elif kind == packets.CONNACK:
                self._welcomed(value)
        self._pump()
        return data[at:]

    def _welcomed(self, code: int) -> None:
        if self._welcome.done():
            raise ProtocolViolationError("a second CONNACK")
        if code:
            raise RefusedError(code)
        self._welcome.set_result(None)

    def _acknowledged(self, packet_id: int) -> None:
        flying = self._flying.pop(packet_id, None)
        if flying is not None:
            batch, number = flying
            batch.is_acknowledged(number)

    def _pump(self) -> None:
        """Write what the window allows, in one go."""
        written = []
        while self._queue and len(self._flying) < _IN_FLIGHT:
            batch, number = self._queue.popleft()
            if batch.left.done():  # whoever asked for it has given up
                continue
            packet_id = self._next_id()
            self._flying[packet_id] = batch, number
            topic, payload, retain = batch.waiting[number]
            written.append(packets.publish(topic, payload, packet_id, retain=retain))
        if written and self._transport is not None:
            self._transport.write(b"".join(written))

    def _next_id(self) -> int:
        while True:
            self._last_id = self._last_id % _MOST_IDS + 1
            if self._last_id not in self._flying:
                return self._last_id

    def _beat(self) -> None:
        """Ping twice a keepalive; who sent nothing since the last one is gone."""
        if self.ended.done():
            return
        if not self._alive:
            self._end(LinkLostError(self._address, "it has fallen silent"))
            return
        self._alive = False
        if self._transport is not None:
            self._transport.write(packets.PINGREQ)
        self._timer = self._loop.call_later(_KEEPALIVE_S / 2, self._beat)

    def _end(self, error: Exception) -> None:
        """What is not acknowledged goes back to whoever said it."""
        if self._timer is not None:
            self._timer.cancel()
        if not self.ended.done():
            self.ended.set_exception(error)
            self._on_end()  # first, or who is told below would say it here again
        for batch, _ in (*self._flying.values(), *self._queue):
            batch.end()
        self._flying.clear()
        self._queue.clear()
        if self._transport is not None:
            self._transport.abort()
