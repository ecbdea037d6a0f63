"""Replay on a real broker: every row once, in lock step with the clock and whoever listens."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from jemput.broker.nats import NatsServer
from jemput.payload import decode
from simulator.driven_clock import DrivenClock
from simulator.recording import Recording, read_recording
from simulator.replay import Pace, ReplayError, ReplayTally, replay
from tests.integration.town_broker import REPLAYER, StandIn, access, town_broker

FIRST_S = 1_712_448_000  # 2024-04-07 00:00 UTC
SLOT_S = 3600


def recorded(count: int, every_s: int = 7200, bins: str = "abc") -> Recording:
    """So many rows of each bin, a few minutes apart from bin to bin."""
    rows = ["bin,waste,at_utc,fill_percent"]
    for turn in range(count):
        for number, bin_ in enumerate(bins):
            at_s = FIRST_S + turn * every_s + number * 300
            rows.append(f"{bin_},glass,{iso(at_s)},{(turn + number) % 101}")
    return read_recording("\n".join(rows))


def iso(at_s: int) -> str:
    """The time as a recording writes it."""
    day, of_day_s = divmod(at_s - FIRST_S, 86_400)
    hour, rest = divmod(of_day_s, 3600)
    return f"2024-04-{7 + day:02d} {hour:02d}:{rest // 60:02d}:{rest % 60:02d}"


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[NatsServer]:
    """A broker that knows the replayer."""
    with town_broker(tmp_path / "broker") as running:
        yield running


@pytest.fixture
def clock(tmp_path: Path) -> Iterator[DrivenClock]:
    """The clock of the run."""
    with DrivenClock(tmp_path / "clock") as driven:
        yield driven


async def test_every_row_is_published_once_at_its_own_time(
    broker: NatsServer, clock: DrivenClock
) -> None:
    recording = recorded(60)
    ages_s: list[int] = []

    def hear(_topic: str, payload: bytes) -> None:
        ages_s.extend(clock.now_ms() // 1000 - one.at for one in decode(payload).readings)

    stand_in, seen = StandIn(broker, hear=hear), []
    async with stand_in.listening():
        tally = await replay(
            recording,
            access(broker, REPLAYER),
            clock,
            progress=lambda now: seen.append(now.readings_published),
        )

    assert len(stand_in.heard) == len(stand_in.distinct) == len(recording.rows) == 180
    assert {one.device for one in stand_in.distinct} == {"r-a", "r-b", "r-c"}
    assert stand_in.seqs("r-a") == list(range(1, 61))
    assert min(ages_s) >= 0
    assert max(ages_s) < SLOT_S
    assert seen == [3 * (turn + 1) for turn in range(60)]
    assert tally == ReplayTally(
        rows=180,
        readings_published=180,
        messages_published=180,
        slots=60,
        at_s=recording.rows[-1].at_s,
    )


async def test_replayed_again_it_says_nothing_new(broker: NatsServer, clock: DrivenClock) -> None:
    recording, stand_in = recorded(10), StandIn(broker)
    async with stand_in.listening():
        await replay(recording, access(broker, REPLAYER), clock)
        await replay(recording, access(broker, REPLAYER), clock)
        await asyncio.sleep(0.5)

    assert len(stand_in.heard) == 60
    assert len(stand_in.distinct) == 30


async def test_the_clock_waits_for_who_is_slow(broker: NatsServer, clock: DrivenClock) -> None:
    allowed: set[str] = set()
    slow = StandIn(broker, may_ack=lambda device: device in allowed)
    async with slow.listening():
        task = asyncio.create_task(replay(recorded(5), access(broker, REPLAYER), clock))
        await asyncio.sleep(0.7)
        waiting_at_ms = clock.now_ms()
        allowed.update(("r-a", "r-b", "r-c"))
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    assert waiting_at_ms == 1000 * (FIRST_S + 600)
    assert len(slow.distinct) == 3


async def test_acknowledgements_at_most_every_thirty_seconds_of_town_time_stop_nothing(
    broker: NatsServer, clock: DrivenClock
) -> None:
    """Rows of one bin 20 s apart, on both sides of a slot: the clock itself makes room."""
    told_ms: dict[str, int] = {}

    def may_ack(device: str) -> bool:
        if clock.now_ms() - told_ms.get(device, 0) < 30_000:
            return False
        told_ms[device] = clock.now_ms()
        return True

    recording = recorded(40, every_s=20, bins="a")
    stand_in = StandIn(broker, may_ack=may_ack)
    async with stand_in.listening(), asyncio.timeout(10):
        tally = await replay(recording, access(broker, REPLAYER), clock, pace=Pace(slot_s=20))

    assert tally.slots == 40
    assert len(stand_in.heard) == 40


async def test_a_slot_with_more_than_a_message_holds_is_several_messages(
    broker: NatsServer, clock: DrivenClock
) -> None:
    stand_in = StandIn(broker)
    async with stand_in.listening():
        tally = await replay(recorded(60, every_s=60, bins="a"), access(broker, REPLAYER), clock)

    assert (tally.slots, tally.messages_published, stand_in.messages) == (1, 3, 3)
    assert stand_in.seqs("r-a") == list(range(1, 61))


async def test_nothing_is_lost_when_the_broker_goes_away_for_a_while(
    broker: NatsServer, clock: DrivenClock
) -> None:
    recording, stand_in = recorded(60), StandIn(broker)
    reached = asyncio.Event()

    def progress(tally: ReplayTally) -> None:
        if tally.slots == 20:
            reached.set()

    async with stand_in.listening():
        task = asyncio.create_task(
            replay(recording, access(broker, REPLAYER), clock, progress=progress)
        )
        await asyncio.wait_for(reached.wait(), 10)
        await asyncio.to_thread(broker.stop)
        await asyncio.sleep(0.3)
        await asyncio.to_thread(broker.start)
        tally = await asyncio.wait_for(task, 30)

    assert tally.readings_published == 180
    assert len(stand_in.distinct) == 180


async def test_it_can_be_as_slow_as_it_is_told(broker: NatsServer, clock: DrivenClock) -> None:
    stand_in = StandIn(broker)
    async with stand_in.listening():
        loop = asyncio.get_running_loop()
        began_s = loop.time()
        await replay(recorded(6), access(broker, REPLAYER), clock, pace=Pace(speed=36_000))

    assert 1.0 <= loop.time() - began_s < 5


async def test_who_never_acknowledges_is_named(broker: NatsServer, clock: DrivenClock) -> None:
    deaf = StandIn(broker, may_ack=lambda _: False)
    async with deaf.listening():
        with pytest.raises(ReplayError, match=r"no acknowledgement for 3 devices \(r-a, …\)"):
            await replay(recorded(5), access(broker, REPLAYER), clock, pace=Pace(patience_s=1.5))


async def test_a_broker_that_refuses_is_named(broker: NatsServer, clock: DrivenClock) -> None:
    with pytest.raises(ReplayError, match=r"no broker at 127\.0\.0\.1:\d+"):
        await replay(recorded(1), access(broker, "nobody"), clock, pace=Pace(patience_s=0.5))
