"""The same ear on a kept library, paho-mqtt: slower by far, and a check on our own.

paho runs its network in a thread of its own; all that it says is handed to the loop, in order.
"""

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from typing import Any, Final

from paho.mqtt import client as paho
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.reasoncodes import ReasonCode

from ingest.hearing import Heard, Owner, Receipt
from ingest.mqtt.ear import LinkedEar
from ingest.mqtt.errors import LinkLostError, RefusedError, UnreachableError
from ingest.mqtt.link import Link
from ingest.mqtt.session import Address, Session

_LEAVE_S: Final = 2.0


class PahoLink(Link):
    """A `Link` that lets paho do the talking."""

    def __init__(
        self, address: Address, session: Session, owner: Owner, *, generation: int, resumes: bool
    ) -> None:
        """See `Link`."""
        super().__init__(address, session, owner, generation=generation, resumes=resumes)
        self._gone = asyncio.Event()
        self._client = self._new_client()
        self._connecting: asyncio.Task[Any] | None = None

    def _new_client(self) -> paho.Client:
        client = paho.Client(
            CallbackAPIVersion.VERSION2,
            self._session.client_id,
            clean_session=False,
            manual_ack=True,
            reconnect_on_failure=False,
        )
        client.connect_timeout = self._session.timeout_s
        client.username_pw_set(self._address.user, self._address.password)
        if self._address.tls:
            client.tls_set_context(self._address.tls)
        client.on_connect = self._on_connect
        client.on_subscribe = self._on_subscribe
        client.on_message = self._on_message
        client.on_disconnect = self._on_disconnect
        return client

    async def connect(self) -> None:
        """See `Link.connect`."""
        host, port, keepalive_s = self._address.host, self._address.port, self._session.keepalive_s
        calling = asyncio.to_thread(self._client.connect, host, port, keepalive_s)
        self._connecting = asyncio.ensure_future(calling)
        await asyncio.wait({self._connecting})
        try:
            self._connecting.result()
        except OSError as error:
            self._gone.set()
            raise UnreachableError(self._address, error) from error
        self._client.loop_start()
        self._expect_answers()

    def acknowledge(self, receipts: Sequence[Receipt]) -> None:
        """See `Link.acknowledge`."""
        for generation, packet_id in receipts:
            if generation == self._generation and packet_id:
                self._client.ack(packet_id, qos=1)

    async def leave(self) -> None:
        """See `Link.leave`."""
        self._settle()
        if self._connecting:
            await asyncio.wait({self._connecting})
        self._client.disconnect()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_LEAVE_S):
                await self._gone.wait()
        await asyncio.to_thread(self._client.loop_stop)

    def _subscribe(self) -> None:
        self._client.subscribe([(text, 1) for text in self._session.filters])

    # What follows is called in paho's thread.

    def _on_connect(
        self,
        _client: object,
        _data: object,
        flags: paho.ConnectFlags,
        reason: ReasonCode,
        _: object,
    ) -> None:
        code = RefusedError.by_v5_number(reason.value).code if reason.is_failure else 0
        present = flags.session_present
        self._hand(lambda: self._welcomed(code, session_present=present))

    def _on_subscribe(
        self, _client: object, _data: object, _mid: int, reasons: list[ReasonCode], _: object
    ) -> None:
        refusals = [reason.is_failure for reason in reasons]
        self._hand(lambda: self._granted(refusals))
        self._hand(lambda: self._deliver([]))

    def _on_message(self, _client: object, _data: object, message: paho.MQTTMessage) -> None:
        topic = bytes(message._topic).decode("utf-8", "replace")  # noqa: SLF001 - `topic` may raise
        payload = bytes(message.payload[: self._session.max_payload_bytes + 1])
        receipt = Receipt(self._generation, message.mid if message.qos else 0)
        heard = Heard(topic, payload, message.retain, receipt)
        self._hand(lambda: self._deliver([heard]))

    def _on_disconnect(
        self, _client: object, _data: object, _flags: object, reason: ReasonCode, _: object
    ) -> None:
        self._loop.call_soon_threadsafe(self._over, str(reason))

    def _hand(self, what: Callable[[], None]) -> None:
        self._loop.call_soon_threadsafe(self._attempt, what)

    # And this in the loop.

    def _over(self, reason: str) -> None:
        self._end(LinkLostError(self._address, reason))
        self._gone.set()


class KeptLibraryEar(LinkedEar):
    """The ear to compare ours with."""

    new_link = PahoLink
