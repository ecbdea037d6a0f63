"""Speaking to the broker: application acks to devices, alerts to collectors' apps.

Speed does not matter here, so a kept library does it. What is said is acknowledged by the
broker, or `NotConnectedError` says that it may have to be said again.
"""

import asyncio
import math
import socket
from collections.abc import Awaitable, Callable
from typing import Final

from aiomqtt import Client, MqttError
from aiomqtt.exceptions import MqttConnectError
from paho.mqtt.reasoncodes import ReasonCode

from ingest.hearing import always, log_trouble
from ingest.mqtt.errors import LinkLostError, RefusedError
from ingest.mqtt.relinking import Pace, Relinking
from ingest.mqtt.session import Address

_IN_FLIGHT: Final = 200
_CALL_S: Final = 5.0
_KEEPALIVE_S: Final = 30
# Small packets in both directions: with Nagle's algorithm some of them wait 40 ms for the other's.
_UNDELAYED: Final = ((socket.IPPROTO_TCP, socket.TCP_NODELAY, 1),)


class NotConnectedError(Exception):
    """The broker did not acknowledge in time; it may or may not have heard."""


class Speaker:
    """One clean MQTT session that only speaks. One life each; all calls from one loop."""

    def __init__(
        self,
        address: Address,
        client_id: str,
        *,
        pace: Pace | None = None,
        may_connect: Callable[[], Awaitable[None]] = always,
        on_trouble: Callable[[str], None] = log_trouble,
    ) -> None:
        """Take where, and a client id that nobody else uses; nothing is connected yet.

        `may_connect` is awaited before each connection and stops the speaker by raising.
        """
        self._address = address
        self._client_id = client_id
        self._relinking = Relinking(pace or Pace(), on_trouble)
        self._may_connect = may_connect
        self._client: Client | None = None
        self._linked = asyncio.Event()
        self._lost: asyncio.Future[None] | None = None

    async def run(self) -> None:
        """Stay connected until `close`. Raises only what `may_connect` raised."""
        await self._relinking.run(self._one_link, self._may_connect)

    async def close(self) -> None:
        """Disconnect, and wait until `run` has ended. What is unacknowledged stays so."""
        await self._relinking.stop()

    async def publish(
        self, topic: str, payload: bytes, *, retain: bool = False, timeout_s: float = 10.0
    ) -> None:
        """Return once the broker has acknowledged (QoS 1), over several links if need be.

        Raises `NotConnectedError` after `timeout_s`.
        """
        try:
            async with asyncio.timeout(timeout_s):
                while not await self._said(topic, payload, retain=retain):
                    pass
        except TimeoutError as error:
            message = f"{self._address} did not acknowledge {topic} within {timeout_s:g} s"
            raise NotConnectedError(message) from error

    async def _said(self, topic: str, payload: bytes, *, retain: bool) -> bool:
        """Say it on the link there is; False when that went before the acknowledgement came."""
        await self._linked.wait()
        client, lost = self._client, self._lost
        if client is None or lost is None:
            return False
        saying = asyncio.ensure_future(client.publish(topic, payload, 1, retain, timeout=math.inf))
        try:
            await asyncio.wait({saying, lost}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            saying.cancel()
            await asyncio.wait({saying})
        if saying.cancelled():
            return False
        try:
            saying.result()
        except MqttError:
            await lost  # the client knows before its link has ended
            return False
        return True

    async def _one_link(self) -> None:
        try:
            async with self._new_client() as client:
                await self._speak_on(client)
        except MqttConnectError as error:
            number = error.rc.value if isinstance(error.rc, ReasonCode) else 0
            raise RefusedError.by_v5_number(number) from error
        except MqttError as error:
            raise LinkLostError(self._address, str(error)) from error

    def _new_client(self) -> Client:
        client = Client(
            self._address.host,
            self._address.port,
            username=self._address.user,
            password=self._address.password,
            tls_context=self._address.tls,
            identifier=self._client_id,
            clean_session=True,
            keepalive=_KEEPALIVE_S,
            timeout=_CALL_S,
            max_inflight_messages=_IN_FLIGHT,
            socket_options=_UNDELAYED,
        )
        client.pending_calls_threshold = _IN_FLIGHT
        return client

    async def _speak_on(self, client: Client) -> None:
        self._client = client
        self._lost = lost = asyncio.get_running_loop().create_future()
        self._linked.set()
        try:
            async for _ in client.messages:
                pass  # there are none; this raises when the link is lost
        finally:
            self._linked.clear()
            self._client = None
            lost.set_result(None)
