"""Trying again: with jitter, up to a cap, slowly where haste is no help."""

import asyncio
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.hearing import always
from ingest.mqtt.errors import LinkError, LinkLostError, RefusedError
from ingest.mqtt.relinking import Pace, Relinking

PACE = Pace(first_s=0.5, cap_s=30, slow_s=60)


@given(failures=st.integers(0, 10_000))
def test_a_pause_never_passes_its_ceiling(failures: int) -> None:
    ceiling = min(30, 0.5 * 2 ** min(failures, 16))

    assert 0 <= PACE.pause_s(failures, slow=False) <= ceiling
    assert 30 <= PACE.pause_s(failures, slow=True) <= 60


def test_pauses_are_spread_over_the_whole_range() -> None:
    pauses = [PACE.pause_s(50, slow=False) for _ in range(1000)]

    assert min(pauses) < 3
    assert max(pauses) > 27


@dataclass(frozen=True)
class Impatient(Pace):
    """A pace that does not wait, and remembers what it was asked."""

    asked: list[tuple[int, bool]] = field(default_factory=list)

    def pause_s(self, failures: int, *, slow: bool) -> float:
        """Do not wait."""
        self.asked.append((failures, slow))
        return 0.0


async def try_again(pace: Impatient, times: int, error: LinkError, held_s: float = 0.0) -> None:
    """Run links that hold for a while and then fail, until so many have."""
    enough = asyncio.Event()

    async def link() -> None:
        if len(pace.asked) == times:
            enough.set()
        await asyncio.sleep(held_s)
        raise error

    relinking = Relinking(pace, lambda _: None)
    running = asyncio.create_task(relinking.run(link, always))
    await enough.wait()
    await relinking.stop()
    await running


async def test_each_failure_in_a_row_makes_the_ceiling_higher() -> None:
    pace = Impatient()
    await try_again(pace, 5, LinkLostError("somewhere", "because"))

    assert pace.asked[:5] == [(0, False), (1, False), (2, False), (3, False), (4, False)]


async def test_a_link_that_held_starts_anew() -> None:
    pace = Impatient(cap_s=0.01)
    await try_again(pace, 3, LinkLostError("somewhere", "because"), held_s=0.03)

    assert pace.asked[:3] == [(0, False), (0, False), (0, False)]


@pytest.mark.parametrize(("code", "slow"), [(1, True), (2, True), (3, False), (4, True), (5, True)])
async def test_a_refusal_is_tried_slowly_unless_the_broker_is_only_starting(
    code: int, *, slow: bool
) -> None:
    pace = Impatient()
    await try_again(pace, 1, RefusedError(code))

    assert pace.asked[0] == (0, slow)


async def test_a_link_that_takes_leave_badly_is_not_tried_again() -> None:
    pace = Impatient()
    linked = asyncio.Event()
    tried = []

    async def link() -> None:
        tried.append("")
        linked.set()
        try:
            await asyncio.sleep(60)
        finally:
            raise LinkLostError("somewhere", "while leaving")

    relinking = Relinking(pace, lambda _: None)
    running = asyncio.create_task(relinking.run(link, always))
    await linked.wait()
    await asyncio.wait_for(relinking.stop(), 5)
    await running

    assert len(tried) == 1
    assert pace.asked == []
