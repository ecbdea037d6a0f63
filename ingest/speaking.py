"""Speaking to the broker: application acks and alerts, where speed does not matter."""

import asyncio
import random
from typing import Final

import aiomqtt
import structlog

from ingest.mqtt.session import Address

_LONGEST_PAUSE_S: Final = 30.0
_TIMEOUT_S: Final = 10.0


class NotConnectedError(RuntimeError):
    """The broker could not be told in time; try again later."""


class Speaker:
    """A connection that publishes with QoS 1 and comes back by itself."""

    def __init__(self, address: Address, client_id: str) -> None:
        """Take the broker; connect in `run`."""
        self._address = address
        self._client_id = client_id
        self._client: aiomqtt.Client | None = None
        self._up = asyncio.Event()

    async def run(self, stop: asyncio.Event) -> None:
        """Stay connected until `stop`."""
        failures = 0
        while not stop.is_set():
            try:
                async with self._connection() as client:
                    failures = 0
                    self._client = client
                    self._up.set()
                    await _stop_or_lost(client, stop)
            except aiomqtt.MqttError as error:
                failures += 1
                structlog.get_logger(__name__).warning("mqtt_trouble", problem=str(error))
            finally:
                self._client = None
                self._up.clear()
            if not stop.is_set():
                longest_s = min(_LONGEST_PAUSE_S, 0.5 * 2.0 ** min(failures, 10))
                await asyncio.sleep(random.uniform(0.0, longest_s))  # noqa: S311 - jitter

    async def publish(self, topic: str, payload: bytes, *, retain: bool = False) -> None:
        """Publish and wait for the PUBACK. Raises `NotConnectedError`."""
        try:
            async with asyncio.timeout(_TIMEOUT_S):
                await self._up.wait()
                if self._client is None:
                    raise NotConnectedError("the broker is not connected")
                await self._client.publish(topic, payload, qos=1, retain=retain)
        except (TimeoutError, aiomqtt.MqttError) as error:
            raise NotConnectedError(f"the broker did not take {topic}: {error}") from error

    def _connection(self) -> aiomqtt.Client:
        return aiomqtt.Client(
            self._address.host,
            self._address.port,
            username=self._address.user,
            password=self._address.password,
            identifier=self._client_id,
            tls_context=self._address.tls,
        )


async def _stop_or_lost(client: aiomqtt.Client, stop: asyncio.Event) -> None:
    async def listen() -> None:
        async for _ in client.messages:
            pass

    tasks = [asyncio.ensure_future(stop.wait()), asyncio.ensure_future(listen())]
    done, waiting = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in waiting:
        task.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)
    for task in done:
        task.result()
