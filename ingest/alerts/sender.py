"""Sends what the outbox holds: again and again, with backoff, until it arrived."""

import asyncio
import random
from collections.abc import Callable, Mapping
from typing import Final

import structlog

from ingest.alerts.channels import Channel, SendFailedError
from jemput.alert import compose
from jemput.registry import Registry
from jemput.store.clock import Clock
from jemput.store.outbox import Letter, Outbox

LOOK_S: Final = 0.25
MOST_ATTEMPTS: Final = 12
LONGEST_PAUSE_MS: Final = 300_000


class Sender:
    """Empties the outbox of one group."""

    def __init__(
        self,
        outbox: Outbox,
        registry: Callable[[], Registry],
        channels: Mapping[str, Channel],
        clock: Clock,
        api_url: str,
    ) -> None:
        """Take the outbox, who the collectors are, and the ways to reach them."""
        self.sent = self.failed = 0
        self._outbox = outbox
        self._registry = registry
        self._channels = channels
        self._clock = clock
        self._api_url = api_url
        self._nudged = asyncio.Event()

    def nudge(self) -> None:
        """There may be something new."""
        self._nudged.set()

    async def run(self, stop: asyncio.Event) -> None:
        """Send until `stop`."""
        while not stop.is_set():
            self._nudged.clear()
            due = await asyncio.to_thread(self._outbox.due, self._clock.now_ms())
            for letters in _messages(due):
                await self._send(letters)
            if not due:
                try:
                    async with asyncio.timeout(LOOK_S):
                        await self._nudged.wait()
                except TimeoutError:
                    continue

    async def _send(self, letters: list[Letter]) -> None:
        first = letters[0]
        now_ms = self._clock.now_ms()
        alert = compose([one.say for one in letters], now_ms, self._api_url)
        collectors = self._registry().collectors
        try:
            channel = self._channels[first.channel]
            await channel.send(alert, first.say.recipient, collectors.get(first.say.recipient))
        except SendFailedError as error:
            await self._note_failure(letters, error)
            return
        await asyncio.to_thread(self._outbox.sent, letters, self._clock.now_ms())
        self.sent += 1

    async def _note_failure(self, letters: list[Letter], error: SendFailedError) -> None:
        self.failed += 1
        log = structlog.get_logger(__name__)
        for letter in letters:
            again = error.retry and letter.attempts + 1 < MOST_ATTEMPTS
            longest_ms = min(LONGEST_PAUSE_MS, 500 * 2**letter.attempts)
            pause_ms = random.randint(longest_ms // 2, longest_ms)  # noqa: S311 - jitter
            retry_ms = self._clock.now_ms() + pause_ms if again else None
            log.warning("alert_not_sent", key=letter.say.key, problem=str(error), again=again)
            await asyncio.to_thread(self._outbox.failed, letter, str(error), retry_ms)


def _messages(due: list[Letter]) -> list[list[Letter]]:
    """Letters that leave as one message: those of a wave to one recipient; others alone."""
    waves: dict[tuple[str, str, str], list[Letter]] = {}
    messages: list[list[Letter]] = []
    for letter in due:
        if not letter.say.wait_for_wave:
            messages.append([letter])
            continue
        key = (letter.channel, letter.say.recipient, letter.say.kind.value)
        if key not in waves:
            waves[key] = []
            messages.append(waves[key])
        waves[key].append(letter)
    return messages
