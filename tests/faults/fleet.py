"""Simulated devices behind one connection, as behind a gateway. They forget only what they may."""

import asyncio
import contextlib
import json
import logging
from collections import Counter, deque
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Final

import aiomqtt

from firmware.payload import ack_topic, encode_message, reading_topic
from ingest.mqtt.session import Address
from tests.faults.oracle import Identity, Oracle, Poison

SITE: Final = "coblong"
IN_FLIGHT: Final = 100
AGAIN_S: Final = 1.0
KEEPERS_WAIT_S: Final = 3.0
MOST_DOUBLINGS: Final = 3
MOST_IN_MESSAGE: Final = 64
"""As many as a device puts into one at most; the wire would take `jemput.payload.MAX_READINGS`."""


@dataclass(frozen=True, slots=True)
class Message:
    """What goes over the air, and what it holds."""

    topic: str
    payload: bytes
    holds: tuple[Identity, ...] = ()
    poison: Poison | None = None
    retain: bool = False


class Fleet:
    """Devices that keep a reading until the PUBACK, or, with `keeps`, until the application ack.

    Told is promised: at that moment the reading becomes an obligation. With `keeps` it is one
    as soon as the device takes it, because the device goes on sending it.
    """

    def __init__(self, address: Address, oracle: Oracle, *, keeps: bool) -> None:
        """Take the broker; nothing is connected yet."""
        self._address = address
        self._oracle = oracle
        self.keeps = keeps
        self._waiting: deque[Message] = deque()
        self._in_flight = 0
        self._wake = asyncio.Event()
        self.store: dict[Identity, float] = {}
        """What keeping devices keep, and when they last said it."""
        self._rounds: Counter[str] = Counter()
        """How often each of them said everything again since it last was acknowledged anything."""
        self.silent: set[str] = set()
        """Keeping devices that do not send again for now."""

    def say(self, device: str, count: int = 1, boot: int = 1, **own: int) -> tuple[Identity, ...]:
        """A device takes `count` readings and sends them in one message."""
        taken = tuple(self._oracle.mint(device, boot, **own) for _ in range(count))
        self.send(taken)
        return taken

    def send(self, readings: tuple[Identity, ...]) -> None:
        """Send readings of one device, minted before, in one message."""
        if self.keeps:
            self._oracle.oblige(readings)
            now_s = asyncio.get_running_loop().time()
            self.store |= dict.fromkeys(readings, now_s)
        self.put(self.message(readings))

    def put(self, message: Message) -> None:
        """Send any message."""
        self._waiting.append(message)
        self._wake.set()

    async def all_told(self, timeout_s: float = 30) -> None:
        """Wait until the broker has acknowledged everything; who keeps it need not know."""
        if self.keeps:
            timeout_s = KEEPERS_WAIT_S
        ended = contextlib.suppress(TimeoutError) if self.keeps else contextlib.nullcontext()
        with ended:
            await self._none_waiting(timeout_s)

    async def _none_waiting(self, timeout_s: float) -> None:
        async with asyncio.timeout(timeout_s):
            while self._waiting or self._in_flight:  # noqa: ASYNC110 - a test may poll
                await asyncio.sleep(0.01)

    @contextlib.asynccontextmanager
    async def connected(self) -> AsyncIterator[None]:
        """Be there, whatever the broker does."""
        running = asyncio.create_task(self._run())
        try:
            yield
        finally:
            running.cancel()
            await asyncio.wait({running})

    async def _run(self) -> None:
        while True:
            with contextlib.suppress(aiomqtt.MqttError):
                async with self._client() as client:
                    await self._be_on(client)
            await asyncio.sleep(0.1)

    def _client(self) -> aiomqtt.Client:
        client = aiomqtt.Client(
            self._address.host,
            self._address.port,
            username=self._address.user,
            password=self._address.password,
            tls_context=self._address.tls,
            identifier=self._address.user,
            timeout=3,
            logger=_quiet(),
            max_inflight_messages=IN_FLIGHT,
        )
        client.pending_calls_threshold = 2 * IN_FLIGHT
        return client

    async def _be_on(self, client: aiomqtt.Client) -> None:
        if self.keeps:
            await client.subscribe(ack_topic("+", "+"), qos=1)
        tasks = [asyncio.create_task(self._speak(client)) for _ in range(IN_FLIGHT // 4)]
        tasks.append(asyncio.create_task(self._hear(client)))
        if self.keeps:
            tasks.append(asyncio.create_task(self._say_again()))
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _speak(self, client: aiomqtt.Client) -> None:
        while True:
            while not self._waiting:
                self._wake.clear()
                await self._wake.wait()
            message = self._waiting.popleft()
            self._in_flight += 1
            try:
                await client.publish(message.topic, message.payload, 1, message.retain)
            except BaseException:
                self._waiting.appendleft(message)
                raise
            finally:
                self._in_flight -= 1
            self._told(message)

    def _told(self, message: Message) -> None:
        if not self.keeps:
            self._oracle.oblige(message.holds)
        if message.poison:
            self._oracle.poison[message.poison] += 1

    async def _hear(self, client: aiomqtt.Client) -> None:
        async for heard in client.messages:
            device = heard.topic.value.split("/")[3]
            assert isinstance(heard.payload, bytes)
            upto = dict(json.loads(heard.payload)["upto"])
            for one in [one for one in self.store if one.device == device]:
                if one.seq <= upto.get(one.boot, 0):
                    del self.store[one]
                    self._rounds[device] = 0

    async def _say_again(self) -> None:
        """Everything that is not acknowledged goes again, oldest first; ever more rarely.

        Of its oldest alone a device would say the same ones until they are acknowledged, which
        happens once in 30 s, and what is behind them would wait as often.
        """
        while True:
            await asyncio.sleep(AGAIN_S / 4)
            if self._waiting:
                continue  # nobody piles up what cannot leave
            now_s = asyncio.get_running_loop().time()
            for device, readings in self._due(now_s).items():
                self._rounds[device] += 1
                self.store |= dict.fromkeys(readings, now_s)
                ordered = sorted(readings)
                for start in range(0, len(ordered), MOST_IN_MESSAGE):
                    self.put(self.message(ordered[start : start + MOST_IN_MESSAGE]))

    def _due(self, now_s: float) -> dict[str, list[Identity]]:
        """What each device has to say again."""
        due: dict[str, list[Identity]] = {}
        for one, said_s in self.store.items():
            pause_s = AGAIN_S * 2 ** min(self._rounds[one.device], MOST_DOUBLINGS)
            if now_s - said_s > pause_s and one.device not in self.silent:
                due.setdefault(one.device, []).append(one)
        return due

    def message(self, readings: Sequence[Identity]) -> Message:
        """Readings of one device as it would send them."""
        device = readings[0].device
        wire = [self._oracle.on_the_wire(one) for one in readings]
        payload = encode_message(wire, self._kept(readings))
        return Message(reading_topic(SITE, device), payload, tuple(readings))

    def _kept(self, readings: Sequence[Identity]) -> list[tuple[int, int]]:
        """From which sequence on they are kept. Who forgets at the PUBACK declares nothing gone."""
        boots = sorted({one.boot for one in readings})
        if not self.keeps:
            return [(boot, 1) for boot in boots]
        device = readings[0].device
        held = [one for one in self.store if one.device == device] or list(readings)
        return [
            (boot, min((one.seq for one in held if one.boot == boot), default=1)) for boot in boots
        ]


def _quiet() -> logging.Logger:
    """A lost link is what this is about; nobody needs to be told."""
    logger = logging.getLogger(__name__)
    logger.setLevel(logging.CRITICAL)
    return logger
