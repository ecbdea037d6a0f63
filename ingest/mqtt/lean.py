"""The lean ear: our own reader for exactly what hearing bins needs.

Every packet of a socket read is parsed in one loop, and all acknowledgements of a batch leave
in one write, which is why this exists: the kept libraries do each by itself.
"""

import asyncio
import contextlib
from collections.abc import Sequence
from typing import Final

from ingest.hearing import Heard, Owner, Receipt
from ingest.mqtt import packets
from ingest.mqtt.decoder import Decoder
from ingest.mqtt.ear import LinkedEar
from ingest.mqtt.errors import LinkLostError, ProtocolViolationError, UnreachableError
from ingest.mqtt.link import Link, Stage
from ingest.mqtt.packets import ConnAck, Control, SubAck
from ingest.mqtt.session import Address, Session

_SUBSCRIBE_ID: Final = 1
_LEAVE_S: Final = 2.0


class LeanLink(Link, asyncio.Protocol):
    """A `Link` on asyncio alone."""

    def __init__(
        self, address: Address, session: Session, owner: Owner, *, generation: int, resumes: bool
    ) -> None:
        """See `Link`."""
        super().__init__(address, session, owner, generation=generation, resumes=resumes)
        self._decoder = Decoder(generation, session.max_payload_bytes)
        self._alive = True
        self._transport: asyncio.Transport | None = None
        self._gone = asyncio.Event()

    async def connect(self) -> None:
        """See `Link.connect`."""
        host, port, tls = self._address.host, self._address.port, self._address.tls
        try:
            async with asyncio.timeout(self._session.timeout_s):
                await self._loop.create_connection(lambda: self, host, port, ssl=tls)
        except TimeoutError as error:
            raise UnreachableError(self._address, "no answer") from error
        except OSError as error:
            raise UnreachableError(self._address, error) from error

    def acknowledge(self, receipts: Sequence[Receipt]) -> None:
        """See `Link.acknowledge`."""
        if self._stage is Stage.UP:
            self._write(packets.pubacks(receipts, self._generation))

    async def leave(self) -> None:
        """See `Link.leave`."""
        polite = self._stage is not Stage.ENDED
        self._settle()
        if self._transport and polite:
            self._write(packets.DISCONNECT)
            # The broker closes once it has read everything. Closing first costs it our last
            # acknowledgements where it had something to say to us just then.
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_LEAVE_S):
                    await self._gone.wait()
        if self._transport:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Introduce ourselves. Called by asyncio."""
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - what create_connection makes
        self._transport = transport
        client_id, keepalive_s = self._session.client_id, self._session.keepalive_s
        user, password = self._address.user, self._address.password
        self._write(packets.connect(client_id, user, password, keepalive_s))
        self._expect_answers()

    def data_received(self, data: bytes) -> None:
        """Read everything that came. Called by asyncio."""
        self._alive = True
        self._attempt(lambda: self._read(data))

    def connection_lost(self, exc: Exception | None) -> None:
        """Note that it is over. Called by asyncio."""
        self._end(LinkLostError(self._address, str(exc or "the broker closed it")))
        self._gone.set()

    def _read(self, data: bytes) -> None:
        heard: list[Heard] = []
        try:
            for packet in self._decoder.feed(data, heard):
                self._obey(packet)
        finally:
            self._deliver(heard)

    def _obey(self, packet: Control) -> None:
        match packet, self._stage:
            case ConnAck(session_present, code), Stage.CONNECTING:
                self._welcomed(code, session_present=session_present)
            case SubAck(packet_id, codes), Stage.SUBSCRIBING if packet_id == _SUBSCRIBE_ID:
                self._granted([code == packets.REFUSED for code in codes])
                self._beat()
            case ((ConnAck() | SubAck()), _):
                raise ProtocolViolationError(f"a {type(packet).__name__} out of turn")

    def _subscribe(self) -> None:
        self._write(packets.subscribe(_SUBSCRIBE_ID, self._session.filters))

    def _beat(self) -> None:
        """Ping twice a keepalive, busy or not; who sent nothing since the last one is gone."""
        if not self._alive:
            self._end(LinkLostError(self._address, "it has fallen silent"))
            return
        self._alive = False
        self._write(packets.PINGREQ)
        self._set_timer(self._session.keepalive_s / 2, self._beat)

    def _write(self, data: bytes) -> None:
        if self._transport:
            self._transport.write(data)

    def _end(self, error: Exception) -> None:
        super()._end(error)
        if self._transport:
            self._transport.abort()


class LeanEar(LinkedEar):
    """The ear that ingest listens with."""

    new_link = LeanLink
