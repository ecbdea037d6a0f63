"""Sends what the outbox holds: again and again, with backoff, until it arrived.

After a day in vain it is given up, and the operator hears of it.
Each recipient has a lane per channel. Lanes do not wait for each other. Within one,
alerts leave in the order they were decided, so that nobody is called after "do not go".
"""

import asyncio
import random
from collections.abc import Callable, Iterable, Mapping
from typing import Final

import structlog
from msgspec.structs import replace
from sqlalchemy.exc import SQLAlchemyError

from ingest.alerts.channels import Channel, SendFailedError
from ingest.waiting import first_of
from jemput.alert import Alert, compose
from jemput.decisions import AlertKind, Say
from jemput.registry import Registry
from jemput.rules.view import operator_of
from jemput.store.clock import Clock
from jemput.store.outbox import Letter, Outbox
from jemput.things import Collector

LOOK_S: Final = 0.25
AWAY_S: Final = 1.0
"""How long a database that does not answer is left alone."""
MOST_ATTEMPTS: Final = 12
KEEP_TRYING_S: Final = 24 * 3600
"""In real seconds since it was decided: a day later somebody has looked at the page."""
FIRST_PAUSE_S: Final = 1.0
LONGEST_PAUSE_S: Final = 300.0
_MOST_AT_ONCE: Final = 1000
_log: Final = structlog.get_logger(__name__)

Lane = tuple[str, str]
"""Channel and recipient."""


class Sender:
    """Empties the outbox of one group. `sent` and `failed` count messages, not letters."""

    def __init__(  # noqa: PLR0913 - what it reads, whom it reaches, and the run's time
        self,
        outbox: Outbox,
        registry: Callable[[], Registry],
        channels: Mapping[str, Channel],
        clock: Clock,
        api_url: str,
        *,
        speed: float = 1.0,
    ) -> None:
        """Take the outbox, who the collectors are, and the ways to reach them.

        `speed` is the clock's: receivers recover in real seconds, however fast the run is.
        """
        self.sent = self.failed = 0
        self._outbox = outbox
        self._registry = registry
        self._channels = channels
        self._clock = clock
        self._api_url = api_url
        self._speed = speed
        self._nudged = asyncio.Event()
        self._busy: set[Lane] = set()
        self._resting: dict[Lane, int] = {}

    def nudge(self) -> None:
        """There may be something new."""
        self._nudged.set()

    async def run(self, stop: asyncio.Event) -> None:
        """Send until `stop`; then end once the messages being sent are through.

        A database that does not answer is waited for: what is in the outbox stays there.
        """
        async with asyncio.TaskGroup() as tasks:
            while not stop.is_set():
                self._nudged.clear()
                try:
                    await self._look(tasks, stop)
                except SQLAlchemyError as error:
                    _log.warning("alerts_wait", problem=str(error))
                    await first_of(stop, timeout_s=AWAY_S)
                await first_of(self._nudged, timeout_s=LOOK_S)

    async def _look(self, tasks: asyncio.TaskGroup, stop: asyncio.Event) -> None:
        """Start a lane for whoever has something due and is not being served."""
        now_ms = self._clock.now_ms()
        # Noted before reading: what a lane sends meanwhile is still in what is read.
        closed = self._busy | {one for one, until in self._resting.items() if now_ms < until}
        due = await asyncio.to_thread(self._outbox.due, now_ms, _MOST_AT_ONCE)
        lanes = _lanes(one for one in due if _lane(one) not in closed)
        if not lanes:
            return
        registry = await asyncio.to_thread(self._registry)
        for lane, letters in lanes.items():
            self._busy.add(lane)
            tasks.create_task(self._serve(lane, letters, registry, stop))

    async def _serve(
        self, lane: Lane, letters: list[Letter], registry: Registry, stop: asyncio.Event
    ) -> None:
        self._resting.pop(lane, None)
        try:
            await self._send_all(lane, letters, registry, stop)
        except SQLAlchemyError as error:
            _log.warning("alerts_wait", to=lane[1], by=lane[0], problem=str(error))
            await first_of(stop, timeout_s=AWAY_S)
        finally:
            self._busy.discard(lane)
            self.nudge()

    async def _send_all(
        self, lane: Lane, letters: list[Letter], registry: Registry, stop: asyncio.Event
    ) -> None:
        now_ms = self._clock.now_ms()
        letters = await asyncio.to_thread(self._outbox.without_overtaken, letters, now_ms)
        for message in messages(letters):
            if stop.is_set() or lane in self._resting:
                return
            await self._deliver(lane, message, registry, stop)

    async def _deliver(
        self, lane: Lane, letters: list[Letter], registry: Registry, stop: asyncio.Event
    ) -> None:
        says = [one.say for one in letters]
        try:
            alert = compose(says, self._clock.now_ms(), self._api_url)
            await self._send(lane, alert, registry)
        except SendFailedError as error:
            await self._note_failure(lane, letters, registry, str(error), retry=error.retry)
        except Exception as error:  # noqa: BLE001 - one bad alert must not stop the ingester
            _log.exception("alert_broke", key=says[0].key)
            await self._note_failure(lane, letters, registry, repr(error), retry=True)
        else:
            self.sent += 1
            await self._note_sent(letters, stop)

    async def _note_sent(self, letters: list[Letter], stop: asyncio.Event) -> None:
        """Until it is noted: what was sent and is not noted would be sent again."""
        sent_ms = self._clock.now_ms()
        while True:
            try:
                await asyncio.to_thread(self._outbox.sent, letters, sent_ms)
            except SQLAlchemyError as error:
                if stop.is_set():
                    raise
                _log.warning("sent_not_noted", key=letters[0].say.key, problem=str(error))
                await first_of(stop, timeout_s=AWAY_S)
            else:
                return

    async def _send(self, lane: Lane, alert: Alert, registry: Registry) -> None:
        name, recipient = lane
        channel = self._channels.get(name)
        if channel is None:
            message = f"no channel {name} here: give {recipient} another one"
            raise SendFailedError(message, retry=False)
        await channel.send(alert, recipient, registry.collectors.get(recipient))

    async def _note_failure(
        self, lane: Lane, letters: list[Letter], registry: Registry, problem: str, *, retry: bool
    ) -> None:
        """All letters of a message come back together, so that it keeps its key."""
        self.failed += 1
        attempts = max(one.attempts for one in letters) + 1
        now_ms = self._clock.now_ms()
        said = {"key": letters[0].say.key, "to": lane[1], "by": lane[0], "problem": problem}
        if retry and (attempts < MOST_ATTEMPTS or not self._is_old(letters, now_ms)):
            wait_s = random.uniform(0, longest_pause_s(attempts))  # noqa: S311 - full jitter
            self._resting[lane] = retry_ms = now_ms + int(wait_s * 1000 * self._speed)
            _log.warning("alert_not_sent", attempts=attempts, wait_s=round(wait_s, 1), **said)
            await asyncio.to_thread(self._outbox.failed, letters, problem, retry_ms)
            return
        _log.error("alert_given_up", attempts=attempts, **said)
        tell = undelivered(letters, operator_of(registry), problem, now_ms)
        await asyncio.to_thread(self._outbox.give_up, letters, problem, tell, now_ms)

    def _is_old(self, letters: list[Letter], now_ms: int) -> bool:
        newest_ms = max(one.say.decided_ms for one in letters)
        return now_ms - newest_ms >= KEEP_TRYING_S * 1000 * self._speed


def undelivered(letters: list[Letter], operator: Collector, problem: str, now_ms: int) -> list[Say]:
    """What the operator is told of letters given up: together, as they would have arrived.

    Nothing where they were the operator's own: there it may be the way that is broken.
    """
    return [
        replace(
            one.say,
            key=f"{one.say.key}/undelivered/{one.channel}",
            kind=AlertKind.UNDELIVERED,
            recipient=operator.id,
            language=operator.language,
            channels=operator.channels,
            decided_ms=now_ms,
            wait_for_wave=True,
            detail=f"{one.channel} to {one.say.recipient}: {problem}",
        )
        for one in letters
        if one.say.recipient != operator.id
    ]


def longest_pause_s(attempts: int) -> float:
    """How long to wait at most, in real seconds, after so many attempts."""
    return min(LONGEST_PAUSE_S, FIRST_PAUSE_S * 2.0 ** (attempts - 1))


def messages(letters: list[Letter]) -> list[list[Letter]]:
    """Letters of one lane by message: those of a wave, of one kind, together; others alone.

    When they are due tells one wave from the next, also after a failed attempt. What failed
    often lets the others go first: it may be that alert, and not the way.
    """
    waves: dict[tuple[str, int], list[Letter]] = {}
    found: list[list[Letter]] = []
    for letter in sorted(letters, key=lambda one: (one.attempts >= MOST_ATTEMPTS, one.id)):
        if not letter.say.wait_for_wave:
            found.append([letter])
            continue
        wave = (letter.say.kind.value, letter.due_ms)
        if wave not in waves:
            waves[wave] = []
            found.append(waves[wave])
        waves[wave].append(letter)
    return found


def _lane(letter: Letter) -> Lane:
    return letter.channel, letter.say.recipient


def _lanes(letters: Iterable[Letter]) -> dict[Lane, list[Letter]]:
    lanes: dict[Lane, list[Letter]] = {}
    for letter in letters:
        lanes.setdefault(_lane(letter), []).append(letter)
    return lanes
