"""History read from InfluxDB by a process that outlives its outages, and knows since when."""

import asyncio
from typing import Final

from jemput.points import UNBOUND
from jemput.store.clock import Clock
from jemput.store.history import HistoryDownError, Point
from jemput.store.influx import Influx
from jemput.store.influx_link import InfluxTarget, ReadFailedError, WriteFailedError

PROBE_S: Final = 2.0


class InfluxHistory:
    """Connects at the first question that finds it there; its session comes back by itself."""

    def __init__(self, target: InfluxTarget, clock: Clock) -> None:
        """Take where it is and the run's clock; ask nothing yet."""
        self._target = target
        self._clock = clock
        self._influx: Influx | None = None
        self._down_since_s: int | None = None

    async def read(
        self, bin_id: str, from_s: int, to_s: int, every_s: int | None = None
    ) -> list[Point]:
        """As `EmbeddedHistory.read`. Raises `HistoryDownError`."""
        try:
            influx = await self._opened()
            points = await influx.read(bin_id, from_s, to_s, every_s)
        except (ReadFailedError, WriteFailedError) as error:
            raise self._down(str(error)) from error
        self._down_since_s = None
        return points

    async def trouble(self) -> HistoryDownError | None:
        """What is wrong with it, None where it answers within `PROBE_S`."""
        try:
            async with asyncio.timeout(PROBE_S):
                await self.read(UNBOUND, 0, 1)  # cheap: nothing is that old
        except HistoryDownError as error:
            return error
        except TimeoutError:
            return self._down(f"{self._target.url} is silent for {PROBE_S:g} s")
        return None

    async def close(self) -> None:
        """End all connections; another question opens them again."""
        influx, self._influx = self._influx, None
        if influx is not None:
            await influx.close()

    async def _opened(self) -> Influx:
        if self._influx is not None:
            return self._influx
        return await self._kept(await Influx.open(self._target, make=False))

    async def _kept(self, opened: Influx) -> Influx:
        """Two questions may open at once: the first one's is kept."""
        if self._influx is not None:
            await opened.close()
            return self._influx
        self._influx = opened
        return opened

    def _down(self, words: str) -> HistoryDownError:
        if self._down_since_s is None:
            self._down_since_s = self._clock.now_ms() // 1000
        return HistoryDownError(words, self._down_since_s)
