"""What devices say of themselves, in a session of its own: readings never wait for it."""

import asyncio
from typing import Final

import structlog
from sqlalchemy.exc import SQLAlchemyError

from ingest.hearing import Ear, Heard, Receipt
from ingest.waiting import first_of
from jemput import topics
from jemput.remote import status
from jemput.store.clock import Clock
from jemput.store.statuses import Saying, Statuses

LOOK_S: Final = 0.5
AWAY_S: Final = 2.0
MOST_AT_ONCE: Final = 500
_log: Final = structlog.get_logger(__name__)


class StatusKeeper:
    """Keeps the newest status of each device. Give its `on_heard` and `on_link` to an ear."""

    def __init__(self, statuses: Statuses, clock: Clock) -> None:
        """Take where they are kept, and the clock of the run."""
        self.ear: Ear | None = None
        self._statuses = statuses
        self._clock = clock
        self._heard: list[Heard] = []

    def on_heard(self, batch: list[Heard]) -> None:
        """Take what one socket read held."""
        self._heard += batch

    def on_link(self, *, up: bool) -> None:
        """What came on a link that is gone is kept all the same, and heard again."""

    async def run(self, stop: asyncio.Event) -> None:
        """Keep until `stop`. What cannot be kept stays unacknowledged, and comes again."""
        while not stop.is_set():
            wait_s = LOOK_S
            while self._heard:
                if not await self._keep_some():
                    wait_s = AWAY_S
                    break
            await first_of(stop, timeout_s=wait_s)

    async def _keep_some(self) -> bool:
        some = self._heard[:MOST_AT_ONCE]
        now_ms = self._clock.now_ms()
        sayings = [one for heard in some if (one := _read(heard, now_ms)) is not None]
        try:
            await asyncio.to_thread(self._statuses.note, sayings)
        except SQLAlchemyError as error:
            _log.error("statuses_wait", problem=str(error))
            return False
        del self._heard[: len(some)]
        if self.ear is not None:
            receipts: list[Receipt] = [one.receipt for one in some]
            self.ear.acknowledge(receipts)
        return True


def _read(heard: Heard, now_ms: int) -> Saying | None:
    """None for what is no status: it tells nothing, and is no reading that could be lost."""
    spoken, said = topics.parse(heard.topic), status.decode(heard.payload)
    if spoken is None or spoken.kind != "status" or said is None:
        return None
    return Saying(spoken.site, spoken.device, now_ms, said, remembers=heard.retained)
