"""Publish a recording through the broker, in lock step with whoever takes it.

    advance the clock ─▶ publish the slot ─▶ wait for every application ack ─▶ next slot

So the run's clock is always the recording's time, and nobody can fall behind it.
"""

import asyncio
import json
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass, field

import aiomqtt

from firmware import payload
from simulator.broker_link import AT_ONCE, Access
from simulator.driven_clock import DrivenClock
from simulator.recorded_slot import slot_messages
from simulator.recording import Recording, Row

_ACK_PAUSE_MS = 31_000  # a device is acknowledged at most once in 30 s of the run's time
_CREEP_AFTER_S, _MOST_CREEPS = 1.0, 20
_PUBLISH_TIMEOUT_S = 30.0
_RETRY_S = 0.5
_MANY = 100_000  # publishes in flight are the plan here, nothing to warn of
_MOST_IN_FLIGHT = 500


class ReplayError(RuntimeError):
    """A replay that cannot go on; the message says what to look at."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast: as fast as it is acknowledged, or at most `speed` recorded seconds a second."""

    slot_s: int = 3600
    speed: float | None = None
    patience_s: float = 60


@dataclass(slots=True)
class ReplayTally:
    """What was replayed so far. `at_s` is the recording's time."""

    rows: int = 0
    bad_rows: int = 0
    repeated_rows: int = 0
    readings_published: int = 0
    messages_published: int = 0
    slots: int = 0
    at_s: int = 0

    def to_dict(self) -> dict[str, int]:
        """The counts by name."""
        return asdict(self)


async def replay(  # noqa: PLR0913 - each is a different part of the run
    recording: Recording,
    access: Access,
    clock: DrivenClock,
    *,
    site: str = "recorded",
    pace: Pace | None = None,
    progress: Callable[[ReplayTally], None] | None = None,
) -> ReplayTally:
    """Publish every row once and return when all are acknowledged. Raises `ReplayError`.

    What an earlier replay of the same file had acknowledged is published and not waited for.
    """
    tally = ReplayTally(
        rows=len(recording.rows),
        bad_rows=len(recording.bad),
        repeated_rows=recording.repeated,
    )
    heard = progress or (lambda _: None)
    await _Player(recording, access, clock, site, pace or Pace(), tally, heard).play()
    return tally


@dataclass(slots=True)
class _Player:
    recording: Recording
    access: Access
    clock: DrivenClock
    site: str
    pace: Pace
    tally: ReplayTally
    progress: Callable[[ReplayTally], None]
    settled: dict[tuple[str, int], int] = field(default_factory=dict)
    news: asyncio.Event = field(default_factory=asyncio.Event)
    began_wall_s: float = field(default_factory=time.monotonic)
    moved_wall_s: float = field(default_factory=time.monotonic)

    async def play(self) -> None:
        """All slots. A slot that lost its broker is played again: that only repeats readings."""
        slots = self.recording.slots(self.pace.slot_s)
        while self.tally.slots < len(slots):
            try:
                await self._session(slots)
            except aiomqtt.MqttError as error:
                if time.monotonic() - self.moved_wall_s > self.pace.patience_s:
                    raise ReplayError(f"no broker at {self._place()}: {error}") from error
                await asyncio.sleep(_RETRY_S)

    async def _session(self, slots: list[list[Row]]) -> None:
        async with self._client() as client:
            client.pending_calls_threshold = _MANY
            await client.subscribe(payload.ack_topic(self.site, "+"), qos=1)
            ear = asyncio.create_task(self._listen(client))
            try:
                while self.tally.slots < len(slots):
                    await self._play(slots[self.tally.slots], client, ear)
            finally:
                ear.cancel()

    async def _play(self, slot: list[Row], client: aiomqtt.Client, ear: asyncio.Task[None]) -> None:
        await self._wait_for_pace(slot[-1].at_s)
        now_ms = max(1000 * slot[-1].at_s, self.clock.now_ms() + _ACK_PAUSE_MS)
        self.clock.advance_to(now_ms)
        messages = list(slot_messages(self.site, slot))
        await self._publish(client, messages, ear)
        await self._settle({(row.device, row.boot): row.seq for row in slot}, ear)
        self.moved_wall_s = time.monotonic()
        self.tally.readings_published += len(slot)
        self.tally.messages_published += len(messages)
        self.tally.slots += 1
        self.tally.at_s = slot[-1].at_s
        self.progress(self.tally)

    async def _publish(
        self,
        client: aiomqtt.Client,
        messages: list[tuple[str, bytes]],
        ear: asyncio.Task[None],
    ) -> None:
        """All at once; done when every PUBACK is here, or the ear has lost the connection."""
        sending = asyncio.gather(
            *(client.publish(*message, qos=1, timeout=_PUBLISH_TIMEOUT_S) for message in messages)
        )
        try:
            await asyncio.wait((sending, ear), return_when=asyncio.FIRST_COMPLETED)
            if not sending.done():
                raise aiomqtt.MqttError("the connection was lost")
            sending.result()
        finally:
            sending.cancel()
            await asyncio.gather(sending, return_exceptions=True)

    async def _settle(self, wanted: dict[tuple[str, int], int], ear: asyncio.Task[None]) -> None:
        """Wait until every device of the slot is acknowledged up to its last reading."""
        began_s, creeps = time.monotonic(), 0
        while open_ := [of[0] for of, seq in wanted.items() if self.settled.get(of, 0) < seq]:
            if ear.done():
                raise aiomqtt.MqttError("the connection was lost")
            if time.monotonic() - began_s > self.pace.patience_s:
                raise ReplayError(
                    f"no acknowledgement for {len(open_)} devices ({open_[0]}, …) in"
                    f" {self.pace.patience_s:.0f} s: does the ingester run, does it hear"
                    f" the site {self.site!r} and follow this clock?"
                )
            self.news.clear()
            try:
                await asyncio.wait_for(self.news.wait(), _CREEP_AFTER_S)
            except TimeoutError:
                creeps = self._creep(creeps)

    def _creep(self, creeps: int) -> int:
        """An acknowledgement may be held back until its pause is over, which needs time to pass."""
        if creeps < _MOST_CREEPS:
            self.clock.advance_to(self.clock.now_ms() + _ACK_PAUSE_MS)
        return creeps + 1

    async def _listen(self, client: aiomqtt.Client) -> None:
        with suppress(aiomqtt.MqttError):
            async for message in client.messages:
                if isinstance(message.payload, bytes):
                    self._hear(message.topic.value.split("/")[3], message.payload)
        self.news.set()

    def _hear(self, device: str, ack: bytes) -> None:
        for boot, seq in json.loads(ack)["upto"]:
            self.settled[device, boot] = max(seq, self.settled.get((device, boot), 0))
        self.news.set()

    async def _wait_for_pace(self, at_s: int) -> None:
        if self.pace.speed is None:
            return
        due_s = self.began_wall_s + (at_s - self.recording.rows[0].at_s) / self.pace.speed
        await asyncio.sleep(max(0.0, due_s - time.monotonic()))

    def _client(self) -> aiomqtt.Client:
        access = self.access
        return aiomqtt.Client(
            access.host,
            access.port,
            username=access.username,
            password=access.password,
            identifier=f"{access.username}-replay",
            clean_session=True,
            max_inflight_messages=_MOST_IN_FLIGHT,
            socket_options=AT_ONCE,
        )

    def _place(self) -> str:
        return f"{self.access.host}:{self.access.port}"
