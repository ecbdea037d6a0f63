"""Staying linked to a broker: again and again, never all at once, until told to stop."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from typing import Final

from ingest.mqtt.errors import LinkError

_MAX_DOUBLINGS: Final = 16


@dataclass(frozen=True, slots=True)
class Pace:
    """How long to wait before trying again: full jitter, doubling up to a cap.

    Full jitter, since after a blackout everybody comes back in the same second.
    """

    first_s: float = 0.5
    cap_s: float = 30.0
    slow_s: float = 60.0

    def pause_s(self, failures: int, *, slow: bool) -> float:
        """Seconds to wait after so many earlier failures in a row; `slow` when haste is no help."""
        if slow:
            return random.uniform(self.slow_s / 2, self.slow_s)  # noqa: S311 - no secret
        ceiling = self.first_s * 2 ** min(failures, _MAX_DOUBLINGS)
        return random.uniform(0, min(self.cap_s, ceiling))  # noqa: S311 - no secret


class Relinking:
    """Runs one link after another until `stop`. One life each."""

    def __init__(self, pace: Pace, on_trouble: Callable[[str], None]) -> None:
        """Take how to wait, and whom to tell why a link ended."""
        self._pace = pace
        self._on_trouble = on_trouble
        self._stopping = asyncio.Event()
        self._stopped = asyncio.Event()
        self._stopped.set()

    async def run(
        self,
        link: Callable[[], Coroutine[None, None, None]],
        may_connect: Callable[[], Awaitable[None]],
    ) -> None:
        """Await `may_connect`, then `link`, which ends by raising `LinkError`; wait; again.

        Anything else that is raised ends it. On `stop` the link is cancelled, and takes leave.
        """
        self._stopped.clear()
        linking = asyncio.ensure_future(self._again_and_again(link, may_connect))
        stopping = asyncio.ensure_future(self._stopping.wait())
        try:
            await asyncio.wait({linking, stopping}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._stopping.set()
            linking.cancel()
            stopping.cancel()
            await asyncio.wait({linking, stopping})
            self._stopped.set()
        if not linking.cancelled():
            linking.result()

    async def stop(self) -> None:
        """End the link, and wait until `run` is through."""
        self._stopping.set()
        await self._stopped.wait()

    async def _again_and_again(
        self,
        link: Callable[[], Coroutine[None, None, None]],
        may_connect: Callable[[], Awaitable[None]],
    ) -> None:
        clock = asyncio.get_running_loop().time
        failures = 0
        while not self._stopping.is_set():
            await may_connect()
            began = clock()
            try:
                await link()
            except LinkError as error:
                if self._stopping.is_set():
                    return  # a link that took leave badly is still one that took leave
                # A link that hardly held is no success: two ears that throw each other out
                # under one client id would otherwise do so many times a second.
                failures = 0 if clock() - began > self._pace.cap_s else failures
                self._on_trouble(str(error))
                await asyncio.sleep(self._pace.pause_s(failures, slow=error.slow))
                failures += 1
