"""Histories under one suite: the embedded one, and InfluxDB wherever it is."""

import asyncio
import time
from collections import Counter
from collections.abc import Sequence
from typing import Final, Protocol

from jemput.entry import FOLD_VERSION, Entry, Intake
from jemput.points import UNBOUND, lines
from jemput.reading import Reading
from jemput.store.history import EmbeddedHistory, Point
from jemput.store.influx import Influx

SETTLE_S: Final = 10.0
"""How long an acknowledged point may take until it is seen: InfluxDB 3 takes up to a second."""
LOOK_S: Final = 0.05


class Kept(Protocol):
    """A history that can be written and asked."""

    async def write(self, readings: Sequence[Reading]) -> None:
        """Keep readings; they are seen when this returns."""

    async def read(
        self, bin_id: str, from_s: int, to_s: int, every_s: int | None = None, most: int = 5000
    ) -> list[Point]:
        """As `EmbeddedHistory.read`."""

    async def latest(self, bin_id: str) -> Point | None:
        """As `EmbeddedHistory.latest`."""


class KeptEmbedded:
    """The embedded history."""

    def __init__(self, history: EmbeddedHistory) -> None:
        self._history = history
        self._position = 0

    async def write(self, readings: Sequence[Reading]) -> None:
        self._position += 1
        intake = Intake(now_ms=1)
        entry = Entry(self._position, 1, FOLD_VERSION, intake, tuple(readings), (), (), ())
        await asyncio.to_thread(self._history.write, [entry])

    async def read(
        self, bin_id: str, from_s: int, to_s: int, every_s: int | None = None, most: int = 5000
    ) -> list[Point]:
        return self._history.read(bin_id, from_s, to_s, every_s, most)

    async def latest(self, bin_id: str) -> Point | None:
        return self._history.latest(bin_id)


class KeptInflux:
    """InfluxDB of any version."""

    def __init__(self, influx: Influx) -> None:
        self._influx = influx
        self._written: set[Reading] = set()

    async def write(self, readings: Sequence[Reading]) -> None:
        await self._influx.write(lines(tuple(readings)))
        self._written.update(readings)
        first_s = min(one.at_s for one in self._written)
        last_s = max(one.at_s for one in self._written)
        expected = Counter(one.bin or UNBOUND for one in self._written)
        deadline = time.monotonic() + SETTLE_S
        for bin_id, how_many in expected.items():
            while len(await self.read(bin_id, first_s, last_s + 1)) < how_many:
                assert time.monotonic() < deadline, f"{bin_id} has no {how_many} points"
                await asyncio.sleep(LOOK_S)

    async def read(
        self, bin_id: str, from_s: int, to_s: int, every_s: int | None = None, most: int = 5000
    ) -> list[Point]:
        return await self._influx.read(bin_id, from_s, to_s, every_s, most)

    async def latest(self, bin_id: str) -> Point | None:
        return await self._influx.latest(bin_id)
