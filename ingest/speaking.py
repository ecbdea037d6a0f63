"""Speaking to the broker: application acks to devices, alerts to collectors' apps.

What is said is acknowledged by the broker, or `NotConnectedError` says that it may have to be
said again.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from ingest.hearing import always, log_trouble
from ingest.mqtt.relinking import Pace, Relinking
from ingest.mqtt.session import Address
from ingest.mqtt.voice import Saying, Voice

TIMEOUT_S: Final = 10.0


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
        self._voice: Voice | None = None
        self._linked = asyncio.Event()

    async def run(self) -> None:
        """Stay connected until `close`. Raises only what `may_connect` raised."""
        await self._relinking.run(self._one_link, self._may_connect)

    async def close(self) -> None:
        """Disconnect, and wait until `run` has ended. What is unacknowledged stays so."""
        await self._relinking.stop()

    async def publish(
        self, topic: str, payload: bytes, *, retain: bool = False, timeout_s: float = TIMEOUT_S
    ) -> None:
        """As `publish_all`, of one message."""
        await self.publish_all([Saying(topic, payload, retain)], timeout_s=timeout_s)

    async def publish_all(
        self, messages: Sequence[Saying], *, timeout_s: float = TIMEOUT_S
    ) -> None:
        """Return once the broker has acknowledged all (QoS 1), over several links if need be.

        Raises `NotConnectedError` after `timeout_s`; then it may have heard any of them.
        """
        left = list(messages)
        try:
            async with asyncio.timeout(timeout_s):
                while left:
                    await self._linked.wait()
                    if self._voice is not None:
                        left = await self._voice.say(left)
        except TimeoutError as error:
            message = f"{self._address} did not acknowledge {left[0].topic} within {timeout_s:g} s"
            raise NotConnectedError(message) from error

    async def _one_link(self) -> None:
        voice = Voice(self._address, self._client_id, on_end=self._linked.clear)
        try:
            await voice.connect()
            self._voice = voice
            self._linked.set()
            await voice.is_over()
        finally:
            self._linked.clear()
            self._voice = None
            await voice.leave()
