"""Tells other systems what happened: again and again, with backoff, until it arrived.

Each subscription has a lane; within it events leave in order, so what is behind one that fails
waits too. After a day in vain an event is given up, and the next one's turn comes.
"""

import asyncio
import random
from typing import Final

import aiohttp
import structlog
from sqlalchemy.exc import SQLAlchemyError

from ingest.events.posting import NotDeliveredError, open_session, post
from ingest.waiting import first_of
from jemput import webhooks
from jemput.store.clock import Clock
from jemput.store.deliveries import Deliveries, Letter

LOOK_S: Final = 1.0
AWAY_S: Final = 2.0
"""How long a database that does not answer is left alone."""
KEEP_TRYING_S: Final = 24 * 3600
KEPT_S: Final = 7 * 24 * 3600
"""So long it can be read what was sent."""
PRUNE_S: Final = 3600.0
FIRST_PAUSE_S: Final = 1.0
LONGEST_PAUSE_S: Final = 300.0
_log: Final = structlog.get_logger(__name__)


class Teller:
    """Tells the subscriptions of one group. Times are real, `speed` is how fast the clock goes."""

    def __init__(
        self, deliveries: Deliveries, clock: Clock, *, speed: float = 1.0, to_lan: bool = False
    ) -> None:
        """Take the letters and the clock of the run; touch nothing."""
        self._deliveries = deliveries
        self._clock = clock
        self._speed = speed
        self._to_lan = to_lan
        self._nudged = asyncio.Event()
        self._lanes: dict[str, asyncio.Task[None]] = {}
        self._prune_ms = 0

    async def run(self, stop: asyncio.Event) -> None:
        """Tell until `stop`; what is being said then is cut short, and said again later."""
        async with open_session(to_lan=self._to_lan) as session:
            try:
                while not stop.is_set():
                    await self._turn(session, stop)
            finally:
                lanes = list(self._lanes.values())
                for lane in lanes:
                    lane.cancel()
                await asyncio.gather(*lanes, return_exceptions=True)

    async def _turn(self, session: aiohttp.ClientSession, stop: asyncio.Event) -> None:
        self._nudged.clear()
        try:
            read = await asyncio.to_thread(self._read)
            for one in await asyncio.to_thread(self._deliveries.next):
                if one.subscription not in self._lanes and one.due_ms <= self._clock.now_ms():
                    lane = asyncio.create_task(self._serve(one, session))
                    self._lanes[one.subscription] = lane
        except SQLAlchemyError as error:
            _log.warning("events_wait", problem=str(error))
            await first_of(stop, timeout_s=AWAY_S)
            return
        except Exception:  # noqa: BLE001 - one bad row must not stop the ingester
            _log.exception("events_broke")
            await first_of(stop, timeout_s=AWAY_S)
            return
        if not read:
            await first_of(stop, self._nudged, timeout_s=LOOK_S)

    def _read(self) -> int:
        now_ms = self._clock.now_ms()
        if now_ms >= self._prune_ms:
            self._deliveries.prune(now_ms - self._run_ms(KEPT_S))
            self._prune_ms = now_ms + self._run_ms(PRUNE_S)
        return self._deliveries.write_letters(now_ms)

    async def _serve(self, first: Letter, session: aiohttp.ClientSession) -> None:
        """Send one after the other, until one fails or none is left."""
        found = [first]
        try:
            while found and found[0].due_ms <= self._clock.now_ms():
                await self._deliver(found[0], session)
                found = list(await asyncio.to_thread(self._deliveries.next, first.subscription))
        except SQLAlchemyError as error:
            _log.warning("events_wait", to=first.subscription, problem=str(error))
        finally:
            self._lanes.pop(first.subscription, None)
            self._nudged.set()

    async def _deliver(self, letter: Letter, session: aiohttp.ClientSession) -> None:
        try:
            secrets = webhooks.signing(letter.secrets, self._clock.now_ms())
            await post(session, letter, secrets, to_lan=self._to_lan)
        except NotDeliveredError as error:
            await self._note_failure(letter, str(error))
        except SQLAlchemyError:
            raise
        except Exception as error:  # noqa: BLE001 - one bad letter must not stop the ingester
            _log.exception("event_broke", letter=letter.event)
            await self._note_failure(letter, repr(error))
        else:
            await asyncio.to_thread(self._deliveries.sent, letter, self._clock.now_ms())

    async def _note_failure(self, letter: Letter, problem: str) -> None:
        now_ms = self._clock.now_ms()
        said = {"letter": letter.event, "to": letter.subscription, "problem": problem}
        if now_ms - letter.made_ms >= self._run_ms(KEEP_TRYING_S):
            _log.error("event_given_up", attempts=letter.attempts + 1, **said)
            await asyncio.to_thread(self._deliveries.give_up, letter, problem, now_ms)
            return
        pause_s = random.uniform(0.5, 1.0) * longest_pause_s(letter.attempts + 1)  # noqa: S311 - jitter
        _log.warning("event_not_sent", attempts=letter.attempts + 1, **said)
        retry_ms = now_ms + self._run_ms(pause_s)
        await asyncio.to_thread(self._deliveries.failed, letter, problem, retry_ms)

    def _run_ms(self, seconds: float) -> int:
        return int(seconds * 1000 * self._speed)


def longest_pause_s(attempts: int) -> float:
    """How long to wait at most, in real seconds, after so many attempts."""
    return min(LONGEST_PAUSE_S, FIRST_PAUSE_S * 2.0 ** min(attempts - 1, 20))
