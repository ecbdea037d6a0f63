"""One client's way to the broker: it connects, hears what it subscribed to, and comes back.

Losing the broker is normal. Who publishes meanwhile is told so at once, and keeps what it has.
"""

import asyncio
import logging
import random
import socket
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field

import aiomqtt
from aiomqtt.exceptions import MqttConnectError

_PUBLISH_TIMEOUT_S = 5.0
_FIRST_RETRY_S, _LAST_RETRY_S = 0.2, 5.0
# Small packets in both directions: with Nagle's algorithm some of them wait 40 ms for the other's.
AT_ONCE = ((socket.IPPROTO_TCP, socket.TCP_NODELAY, 1),)
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Access:
    """Where the broker is, and as whom to speak to it."""

    host: str
    port: int
    username: str
    password: str = field(repr=False)


class BrokerLink:
    """A QoS 1 client that hears one topic. `run` for as long as it is wanted.

    `door` bounds how many links knock at once: a broker checks passwords slowly on purpose.
    """

    def __init__(
        self,
        access: Access,
        topic: str,
        hear: Callable[[bytes], None],
        door: asyncio.Semaphore,
        *,
        remembered: bool = False,
    ) -> None:
        self.connected = asyncio.Event()
        self._access = access
        self._topic = topic
        self._hear = hear
        self._door = door
        self._remembered = remembered
        self._client: aiomqtt.Client | None = None
        self._sending: set[asyncio.Task[None]] = set()

    async def publish(self, topic: str, payload: bytes) -> bool:
        """Send at QoS 1; True when the PUBACK came, False when nobody can tell."""
        if self._client is None:
            return False
        sending = asyncio.create_task(
            self._client.publish(topic, payload, qos=1, timeout=_PUBLISH_TIMEOUT_S)
        )
        self._sending.add(sending)
        try:
            await asyncio.wait((sending,))
        finally:
            sending.cancel()
            self._sending.discard(sending)
        return _came_through(sending)

    async def run(self) -> None:
        """Stay connected until cancelled; between tries, wait longer and longer, with jitter."""
        retry_s = _FIRST_RETRY_S
        while not _is_cancelled():
            try:
                await self._session()
            except aiomqtt.MqttError as error:
                _log.log(_gravity(error), "%s has no broker: %s", self._access.username, error)
            finally:
                if self.connected.is_set():
                    retry_s = _FIRST_RETRY_S
                self._hang_up()
            if not _is_cancelled():
                await asyncio.sleep(random.uniform(retry_s / 2, retry_s))
            retry_s = min(_LAST_RETRY_S, retry_s * 2)
        raise asyncio.CancelledError

    async def _session(self) -> None:
        async with AsyncExitStack() as stack:
            async with self._door:
                client = await stack.enter_async_context(self._make_client())
            await client.subscribe(self._topic, qos=1)
            self._client = client
            self.connected.set()
            async for message in client.messages:
                if isinstance(message.payload, bytes):
                    self._hear(message.payload)

    def _hang_up(self) -> None:
        """Nobody will answer what is still being sent: say so now, not after a timeout."""
        self.connected.clear()
        self._client = None
        for sending in self._sending:
            sending.cancel()

    def _make_client(self) -> aiomqtt.Client:
        access = self._access
        return aiomqtt.Client(
            access.host,
            access.port,
            username=access.username,
            password=access.password,
            identifier=access.username,
            clean_session=not self._remembered,
            socket_options=AT_ONCE,
        )


def _is_cancelled() -> bool:
    """Whether this task is to end: a link that breaks while it is ended says only that it broke."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


def _came_through(sending: asyncio.Task[None]) -> bool:
    if sending.cancelled() or isinstance(sending.exception(), aiomqtt.MqttError):
        return False
    sending.result()
    return True


def _gravity(error: aiomqtt.MqttError) -> int:
    """A lost broker comes back; a refused password is for a person to see."""
    return logging.WARNING if isinstance(error, MqttConnectError) else logging.INFO
