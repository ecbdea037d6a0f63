"""Thousands of devices, each on a connection of its own, as they come back after a blackout.

Each keeps what it takes until the application ack, says it in one message after another, and
waits longer, by chance, after each failure. MQTT 3.1.1 by hand: a library costs a thread each.
"""

import asyncio
import contextlib
import json
import random
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass, field
from struct import pack
from typing import Final

from firmware.payload import ack_topic, encode_message, reading_topic
from ingest.mqtt.session import Address
from tests.faults.fleet import MOST_IN_MESSAGE, SITE
from tests.faults.oracle import Identity, Oracle

FIRST_S: Final = 3.0
LONGEST_S: Final = 8.0
ANSWER_S: Final = 30.0
AGAIN_S: Final = 10.0
_CONNACK, _PUBLISH, _PUBACK = 0x20, 0x30, 0x40
_NO_LINK: Final = (OSError, asyncio.IncompleteReadError, TimeoutError)


@dataclass(slots=True)
class _Device:
    name: str
    kept: dict[Identity, float] = field(default_factory=dict)
    """And when each was said last on a link; before 0 where never."""
    told: asyncio.Event = field(default_factory=asyncio.Event)
    """There is something new, or the broker took what was said."""
    taken: int = 0
    """The packet id that the broker acknowledged last."""


class Herd:
    """All devices at once; `links` is how many are connected now."""

    def __init__(
        self, address: Address, oracle: Oracle, names: Iterable[str], rng: random.Random
    ) -> None:
        """Take where the broker is; nobody is connected yet."""
        self.links = 0
        self._address = address
        self._oracle = oracle
        self._devices = [_Device(name) for name in names]
        self._rng = rng

    def take(self, count: int) -> None:
        """Every device takes so many readings, which it keeps until the application ack."""
        for one in self._devices:
            taken = tuple(self._oracle.mint(one.name) for _ in range(count))
            self._oracle.oblige(taken)
            one.kept |= dict.fromkeys(taken, -AGAIN_S)
            one.told.set()

    @contextlib.asynccontextmanager
    async def connected(self) -> AsyncIterator[None]:
        """Be there, whatever the broker does."""
        living = [asyncio.create_task(self._live(one)) for one in self._devices]
        try:
            yield
        finally:
            for task in living:
                task.cancel()
            await asyncio.gather(*living, return_exceptions=True)

    async def _live(self, device: _Device) -> None:
        wait_s = FIRST_S
        while True:
            await asyncio.sleep(self._rng.uniform(0, wait_s))
            links = self.links
            with contextlib.suppress(*_NO_LINK):
                await self._one_link(device)
            wait_s = FIRST_S if self.links > links else min(2 * wait_s, LONGEST_S)

    async def _one_link(self, device: _Device) -> None:
        at = self._address
        async with asyncio.timeout(ANSWER_S):
            reader, writer = await asyncio.open_connection(at.host, at.port)
        try:
            writer.write(_connect(device.name, at) + _subscribe(ack_topic(SITE, device.name)))
            async with asyncio.timeout(ANSWER_S):
                if (await _packet(reader))[0] != _CONNACK:
                    raise ConnectionError("the broker bids nobody welcome")
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._hear(reader, device))
                tasks.create_task(self._speak(writer, device))
        except* _NO_LINK as group:
            raise ConnectionError(str(group.exceptions[0])) from group
        finally:
            writer.close()

    async def _speak(self, writer: asyncio.StreamWriter, device: _Device) -> None:
        clock = asyncio.get_running_loop().time
        number = 0
        self.links += 1
        try:
            while True:
                due = [one for one, said_s in device.kept.items() if clock() - said_s >= AGAIN_S]
                if not due:
                    with contextlib.suppress(TimeoutError):
                        await asyncio.wait_for(device.told.wait(), AGAIN_S / 4)
                    device.told.clear()
                    continue
                number = number % 1000 + 1
                batch = sorted(due)[:MOST_IN_MESSAGE]
                writer.write(_publish(number, device.name, self._payload(device, batch)))
                await self._acknowledged(device, number)
                device.kept |= {one: clock() for one in batch if one in device.kept}
        finally:
            self.links -= 1

    async def _acknowledged(self, device: _Device, number: int) -> None:
        async with asyncio.timeout(ANSWER_S):
            while device.taken != number:
                await device.told.wait()
                device.told.clear()

    async def _hear(self, reader: asyncio.StreamReader, device: _Device) -> None:
        while True:
            kind, body = await _packet(reader)
            if kind == _PUBACK:
                device.taken = int.from_bytes(body, "big")
                device.told.set()
            elif kind == _PUBLISH:
                said = json.loads(body[2 + int.from_bytes(body[:2], "big") :])
                upto = dict(said["upto"])
                for one in [one for one in device.kept if one.seq <= upto.get(one.boot, 0)]:
                    del device.kept[one]

    def _payload(self, device: _Device, batch: list[Identity]) -> bytes:
        first = min(one.seq for one in device.kept)
        payload: bytes = encode_message(
            [self._oracle.on_the_wire(one) for one in batch], [(1, first)]
        )
        return payload


async def _packet(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    first, size, shift = (await reader.readexactly(1))[0], 0, 0
    while True:
        byte = (await reader.readexactly(1))[0]
        size |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return first & 0xF0, await reader.readexactly(size)


def _connect(client_id: str, address: Address) -> bytes:
    """A clean session under the account that speaks for all devices; no keepalive."""
    fields = (client_id, address.user or "", address.password or "")
    return _made(0x10, b"\x00\x04MQTT\x04\xc2\x00\x00" + b"".join(_text(one) for one in fields))


def _subscribe(topic: str) -> bytes:
    return _made(0x82, b"\x00\x01" + _text(topic) + b"\x00")


def _publish(number: int, device: str, payload: bytes) -> bytes:
    topic: str = reading_topic(SITE, device)
    return _made(0x32, _text(topic) + pack(">H", number) + payload)


def _text(text: str) -> bytes:
    raw = text.encode()
    return pack(">H", len(raw)) + raw


def _made(first: int, body: bytes) -> bytes:
    size, length = len(body), b""
    while size > 0x7F:
        length, size = length + bytes((size & 0x7F | 0x80,)), size >> 7
    return bytes((first,)) + length + bytes((size,)) + body
