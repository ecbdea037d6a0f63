"""Everything at once, for as long as it is wanted: one town after another, each another mix."""

import random
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Final

from tests.faults.mixing import faults_of
from tests.faults.runner import Result, run_scenario
from tests.faults.scenario import Scenario, Setup
from tests.faults.world import World

TOWN_S: Final = 600.0
ROUND_S: Final = 30.0
PATIENCE_S: Final = 90.0
NAME: Final = "soak: everything at once"
_SETUPS: Final = (
    Setup(influx=True),
    Setup("forgetful", keeps=True),
    Setup(postgresql=True, influx=True),
    Setup("mosquitto", keeps=True, influx=True),
    Setup(),
    Setup("mosquitto", keeps=True, postgresql=True),
)
# A device's clock in the oracle keeps up with 16 readings a second of it.
_MESSAGES_S: Final = 40
_MOST_READINGS: Final = 8


def soak(length_s: float, seed: int) -> Result:
    """Let towns live for so long in all; ends at the first that lost something."""
    rng = random.Random(seed)  # noqa: S311 - repeatable, not secret
    began_s = time.monotonic()
    whole = Result(_town(0, Setup()))
    for number in range(len(_SETUPS) * int(1 + length_s)):
        left_s = length_s - (time.monotonic() - began_s)
        if left_s <= 0:
            break
        setup = _SETUPS[number % len(_SETUPS)]
        _tell(f"{setup}, seed {seed + number}")
        scenario = _town(min(left_s, TOWN_S, max(length_s / len(_SETUPS), ROUND_S)), setup)
        one = run_scenario(scenario, [rng.randrange(10**6)], patience_s=PATIENCE_S)
        whole.verdicts += one.verdicts
        if one.skipped:
            _tell(f"skipped: {one.skipped}")
        elif not one.is_good:
            break
    whole.took_s = time.monotonic() - began_s
    return whole


def _town(lives_s: float, setup: Setup) -> Scenario:
    async def run(world: World) -> None:
        """Break anything at random, again and again, while devices speak."""
        await _mix(world, lives_s)

    return Scenario(35, NAME, run, setup, quick=False, lasts_s=2 * lives_s)


async def _mix(world: World, lives_s: float) -> None:
    befell: Counter[str] = Counter()
    began_s = round_s = time.monotonic()
    faults = faults_of(world)
    async with world.talking(_MESSAGES_S, _MOST_READINGS):
        while time.monotonic() - began_s < lives_s:
            await world.pause(0.2, 2.0)
            fault = world.rng.choice(faults)
            befell[fault.__name__] += 1
            await fault(world)
            assert world.ingester.runs, f"it ended after {fault.__name__}"
            if time.monotonic() - round_s > ROUND_S:
                round_s = time.monotonic()
                await _caught_up(world)
                lived_s = time.monotonic() - began_s
                _tell(f"{lived_s:.0f} s, {befell.total()} faults, {_state(world)}")
    _tell(", ".join(f"{name} {count}" for name, count in sorted(befell.items())))


async def _caught_up(world: World) -> None:
    """Everything promised until now is in the journal: no fault hides behind the next."""
    until_now = frozenset(world.oracle.obliged)
    await world.until(lambda: until_now <= world.ledger.counts.keys(), "what was promised")


def _state(world: World) -> str:
    status = Path(f"/proc/{world.ingester.process.pid}/status").read_text()
    resident = next(line for line in status.splitlines() if line.startswith("VmRSS"))
    held = f"{int(resident.split()[1]) // 1024} MiB"
    return f"{len(world.oracle.obliged):,} obligations, the ingester holds {held}"


def _tell(sentence: str) -> None:
    sys.stderr.write(f"    soak: {sentence}\n")
