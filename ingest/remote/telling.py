"""Says to devices what people wrote for them, and leads releases from one stage to the next."""

import asyncio
from typing import Final

import structlog
from sqlalchemy.exc import SQLAlchemyError

from ingest.mqtt.voice import Saying
from ingest.speaking import NotConnectedError, Speaker
from ingest.waiting import first_of
from jemput.remote.rollout import Verdict
from jemput.store.clock import Clock
from jemput.store.due import DueWords
from jemput.store.registry import RegistryStore
from jemput.store.rollouts import Rollouts

LOOK_S: Final = 1.0
AWAY_S: Final = 5.0
ADVANCE_EVERY: Final = 5
"""Looks between two at the release that is on its way."""
BY: Final = "ingest"
_log: Final = structlog.get_logger(__name__)


class DeviceTeller:
    """Tells the devices of one group."""

    def __init__(
        self, registry: RegistryStore, speaker: Speaker, clock: Clock, look_s: float = LOOK_S
    ) -> None:
        """Take where it is written, who speaks, and the clock of the run."""
        self._due = DueWords(registry)
        self._rollouts = Rollouts(registry)
        self._speaker = speaker
        self._clock = clock
        self._look_s = look_s

    async def run(self, stop: asyncio.Event) -> None:
        """Tell until `stop`."""
        looks = 0
        while not stop.is_set():
            wait_s = self._look_s
            try:
                if looks % ADVANCE_EVERY == 0:
                    await self._advance()
                while await self._tell_some() and not stop.is_set():
                    pass
            except (SQLAlchemyError, NotConnectedError) as error:
                _log.warning("devices_wait", problem=str(error))
                wait_s = AWAY_S
            looks += 1
            await first_of(stop, timeout_s=wait_s)

    async def _tell_some(self) -> bool:
        """Whether there was something, and so may be more."""
        due = await asyncio.to_thread(self._due.look, self._clock.now_ms())
        if not due:
            return False
        await self._speaker.publish_all([Saying(one.topic, one.payload, one.retain) for one in due])
        await asyncio.to_thread(self._due.said, due, self._clock.now_ms())
        return True

    async def _advance(self) -> None:
        judged = await asyncio.to_thread(self._rollouts.advance, self._clock.now_ms(), BY)
        if judged is None or judged.verdict is Verdict.WAIT:
            return
        note = _log.error if judged.verdict is Verdict.STOP else _log.info
        note("release_moves", verdict=judged.verdict.value, why=judged.why)
