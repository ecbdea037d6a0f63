"""Application acks: telling devices what they may forget, at most once in 30 s each.

What a device is owed is noted right after a commit, and told beside it: a broker that does
not answer keeps nobody from committing.
"""

import asyncio
from typing import Final, NamedTuple

import structlog

from ingest.speaking import NotConnectedError, Speaker
from jemput import topics
from jemput.payload import encode_ack
from jemput.store.clock import Clock

APART_MS: Final = 30_000
LOOK_S: Final = 0.1
AT_ONCE: Final = 50


class _Owed(NamedTuple):
    topic: str
    payload: bytes


class Acks:
    """What devices are owed, and when they were last told."""

    def __init__(self, speaker: Speaker, clock: Clock, look_s: float = LOOK_S) -> None:
        """Take who speaks, and the run's clock; who is owed is looked at each `look_s`."""
        self._look_s = look_s
        self._speaker = speaker
        self._clock = clock
        self._owed: dict[str, _Owed] = {}
        self._told_ms: dict[str, int] = {}

    def owe(self, site: str, device: str, upto: list[tuple[int, int]]) -> None:
        """Everything of this device up to `upto` is committed; it spoke under `site`."""
        self._owed[device] = _Owed(topics.ack(site, device), encode_ack(upto))

    async def run(self, stop: asyncio.Event) -> None:
        """Tell until `stop`."""
        while not stop.is_set():
            await self._tell_due()
            await asyncio.sleep(self._look_s)

    async def _tell_due(self) -> None:
        now_ms = self._clock.now_ms()
        due = [
            device
            for device in self._owed
            if now_ms - self._told_ms.get(device, -APART_MS) >= APART_MS
        ]
        for start in range(0, len(due), AT_ONCE):
            await asyncio.gather(*(self._tell(one, now_ms) for one in due[start : start + AT_ONCE]))

    async def _tell(self, device: str, now_ms: int) -> None:
        owed = self._owed[device]
        try:
            await self._speaker.publish(owed.topic, owed.payload, retain=True)
        except NotConnectedError as error:
            structlog.get_logger(__name__).warning("ack_waits", problem=str(error))
            return
        self._told_ms[device] = now_ms
        if self._owed[device] is owed:
            del self._owed[device]
