"""Application acks: telling devices what they may forget, at most once in 30 s each.

Who spoke is noted right after a commit; what they are owed is written down when their 30 s are
over and the writer rests; and it is told beside that: a broker that does not answer keeps nobody
from committing.
"""

import asyncio
import heapq
from collections.abc import Mapping
from typing import Final

import structlog

from ingest.mqtt.voice import Saying
from ingest.speaking import NotConnectedError, Speaker
from jemput import topics
from jemput.memory import DeviceMemory
from jemput.payload import encode_ack
from jemput.store.clock import Clock

APART_MS: Final = 30_000
LOOK_S: Final = 0.1
AT_ONCE: Final = 200


class Acks:
    """What devices are owed, and when they were last told."""

    def __init__(self, speaker: Speaker, clock: Clock, look_s: float = LOOK_S) -> None:
        """Take who speaks, and the run's clock; who is owed is looked at each `look_s`."""
        self._look_s = look_s
        self._speaker = speaker
        self._clock = clock
        self._spoke: dict[str, str] = {}
        self._due: list[tuple[int, str]] = []
        self._owed: dict[str, Saying] = {}
        self._told_ms: dict[str, int] = {}

    def spoke(self, site: str, device: str) -> None:
        """This device spoke under `site`, and what it said is committed."""
        if device not in self._spoke:
            due_ms = self._told_ms.get(device, -APART_MS) + APART_MS
            heapq.heappush(self._due, (due_ms, device))
        self._spoke[device] = site

    def settle(self, memories: Mapping[str, DeviceMemory]) -> None:
        """Write down what is owed to those whose time has come.

        Call it only while the writer rests: then its memories are exactly what is committed.
        """
        now_ms = self._clock.now_ms()
        while self._due and self._due[0][0] <= now_ms:
            _, device = heapq.heappop(self._due)
            site, memory = self._spoke.pop(device), memories.get(device)
            if memory is not None:
                self.owe(site, device, memory.upto())

    def owe(self, site: str, device: str, upto: list[tuple[int, int]]) -> None:
        """Everything of this device up to `upto` is committed; it spoke under `site`."""
        self._owed[device] = Saying(topics.ack(site, device), encode_ack(upto), retain=True)

    async def run(self, stop: asyncio.Event) -> None:
        """Tell until `stop`."""
        while not stop.is_set():
            await self._tell_due()
            await asyncio.sleep(self._look_s)

    async def _tell_due(self) -> None:
        now_ms = self._clock.now_ms()
        due = [
            (device, owed)
            for device, owed in self._owed.items()
            if now_ms - self._told_ms.get(device, -APART_MS) >= APART_MS
        ]
        for start in range(0, len(due), AT_ONCE):
            if not await self._tell(due[start : start + AT_ONCE], now_ms):
                return

    async def _tell(self, some: list[tuple[str, Saying]], now_ms: int) -> bool:
        try:
            await self._speaker.publish_all([owed for _, owed in some])
        except NotConnectedError as error:
            structlog.get_logger(__name__).warning("acks_wait", problem=str(error))
            return False
        for device, owed in some:
            self._told_ms[device] = now_ms
            if self._owed[device] is owed:
                del self._owed[device]
        return True
