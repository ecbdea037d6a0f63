"""A real ingester is killed -9 right before and right after its commits, while devices speak."""

import asyncio
import sys
from pathlib import Path

import pytest

from tests.faults.scenario import Setup
from tests.faults.verdict import reach_verdict
from tests.faults.world import World, open_world

PROGRAM = (sys.executable, "-m", "tests.integration.killed_ingester")
SWITCH = "JEMPUT_TEST_KILL"
KILLS = 2


async def kill_around_commits(world: World) -> None:
    """End it before and after drawn commits, by turns; start it again each time."""
    async with world.talking():
        for _ in range(KILLS):
            for moment in ("before", "after"):
                world.ingester.kill()
                world.ingester.told[SWITCH] = f"{moment}:{world.rng.randint(2, 9)}"
                world.ingester.start()
                await world.until(lambda: not world.ingester.runs, f"the kill {moment} a commit")
        del world.ingester.told[SWITCH]
        await world.start_ingester()


@pytest.mark.parametrize("seed", [1])
async def test_what_the_broker_acknowledged_is_in_the_journal_once_whenever_the_ingester_is_killed(
    seed: int, tmp_path: Path
) -> None:
    async with asyncio.timeout(100), open_world(Setup(), seed, tmp_path, PROGRAM) as world:
        await kill_around_commits(world)
        verdict = await reach_verdict(world)

    assert verdict.is_good, "\n".join(verdict.notes)
    assert len(set(world.ledger.epochs)) >= 2 * KILLS, "it was not killed in mid-stream"
