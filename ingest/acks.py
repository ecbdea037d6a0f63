"""Application acks: telling devices what they may forget, at most once in 30 s each."""

from typing import Final

import structlog

from ingest.speaking import NotConnectedError, Speaker
from jemput import topics
from jemput.memory import DeviceMemory
from jemput.payload import encode_ack

APART_MS: Final = 30_000


class Acks:
    """What devices are owed, and when they were last told."""

    def __init__(self, speaker: Speaker) -> None:
        """Take who speaks."""
        self._speaker = speaker
        self._owed: dict[str, str] = {}
        self._told_ms: dict[str, int] = {}

    def owe(self, site: str, device: str) -> None:
        """Something of this device was committed; it spoke under `site`."""
        self._owed[device] = site

    async def tell(self, memories: dict[str, DeviceMemory], now_ms: int) -> None:
        """Tell every device that is owed and was not told just now."""
        for device, site in list(self._owed.items()):
            if now_ms - self._told_ms.get(device, -APART_MS) < APART_MS:
                continue
            memory = memories.get(device)
            if memory is None:
                continue
            payload = encode_ack(memory.upto())
            try:
                await self._speaker.publish(topics.ack(site, device), payload, retain=True)
            except NotConnectedError as error:
                structlog.get_logger(__name__).warning("ack_waits", problem=str(error))
                return
            self._told_ms[device] = now_ms
            if self._owed.get(device) == site:
                del self._owed[device]
