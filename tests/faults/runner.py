"""Running scenarios, each seed in a folder of its own."""

import asyncio
import sqlite3
import tempfile
import time
import traceback
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Final

import pytest
from sqlalchemy.exc import SQLAlchemyError

from jemput.store.journal import DamagedJournalError
from tests.faults.ingester import JEMPUT
from tests.faults.scenario import Scenario
from tests.faults.verdict import Verdict, reach_verdict
from tests.faults.world import PATIENCE_S, World, open_world

AT_MOST_S: Final = 110
LONG_S: Final = 300
JOBS: Final = 3
LOG_LINES: Final = 12
BREAKS: Final = (
    AssertionError,
    TimeoutError,
    OSError,
    RuntimeError,
    SQLAlchemyError,
    sqlite3.Error,
)
"""What a scenario raises where it goes wrong."""


@dataclass
class Result:
    """A scenario over its seeds."""

    scenario: Scenario
    verdicts: list[Verdict] = field(default_factory=list)
    skipped: str | None = None
    took_s: float = 0.0

    def total(self, name: str) -> int:
        """The sum of a number over all seeds."""
        return sum(getattr(one, name) for one in self.verdicts)

    @property
    def is_good(self) -> bool:
        """Whether every seed was."""
        return bool(self.verdicts) and all(one.is_good for one in self.verdicts)

    @property
    def recovery_s(self) -> float:
        """The longest recovery."""
        return max((one.recovery_s for one in self.verdicts), default=0.0)

    def as_json(self) -> dict[str, object]:
        """The numbers, as the last line of --json has them."""
        counted = ("obligations", "lost", "doubled", "invented")
        return {
            "id": self.scenario.id,
            "name": self.scenario.name,
            "seeds": len(self.verdicts),
            **{name: self.total(name) for name in counted},
            "recovery_s": self.recovery_s,
        }


def run_all(
    scenarios: Sequence[Scenario], seeds: Sequence[int], jobs: int = JOBS, weight: int = 1
) -> Iterator[Future[Result]]:
    """Run scenarios, `jobs` at a time: most of a scenario is waiting. Results in their order."""
    with ThreadPoolExecutor(jobs) as pool:
        run = partial(run_scenario, weight=weight)
        yield from [pool.submit(run, one, seeds) for one in scenarios]


def run_scenario(
    scenario: Scenario,
    seeds: Sequence[int],
    program: Sequence[str] = JEMPUT,
    patience_s: float = PATIENCE_S,
    weight: int = 1,
) -> Result:
    """Run one scenario with each seed. Skips, with the reason, what cannot run here.

    Messages of devices that speak hold `weight` times as many readings.
    """
    result, began_s = Result(scenario), time.monotonic()
    for seed in seeds:
        with tempfile.TemporaryDirectory(prefix="jemput-faults-") as folder:
            try:
                world = open_world(scenario.setup, seed, Path(folder), program, patience_s, weight)
                result.verdicts.append(asyncio.run(_run(scenario, seed, world, Path(folder))))
            except pytest.skip.Exception as reason:
                result.skipped = str(reason)
                break
    result.took_s = time.monotonic() - began_s
    return result


async def _run(
    scenario: Scenario, seed: int, opened: AbstractAsyncContextManager[World], folder: Path
) -> Verdict:
    """One run; a world that breaks down has lost what was promised."""
    verdict = Verdict()
    asyncio.get_running_loop().set_exception_handler(_hear_of)
    try:
        async with asyncio.timeout(_limit_s(scenario)), opened as world:
            broke = await _broke(scenario, world)
            verdict = await reach_verdict(world)
    except (TimeoutError, DamagedJournalError, SQLAlchemyError) as error:
        broke = _in_words(error)
    if broke:
        verdict.count("lost", f"({broke}) in the scenario itself", f"seed {seed}", 1)
    if not verdict.is_good:
        verdict.notes += [f"seed {seed}", *_last_lines(folder / "ingest.log")]
    return verdict


def _limit_s(scenario: Scenario) -> float:
    return scenario.lasts_s + (AT_MOST_S if scenario.quick else LONG_S)


async def _broke(scenario: Scenario, world: World) -> str | None:
    """Run the fault itself; what went wrong in it, in words."""
    try:
        await scenario.run(world)
    except BREAKS as error:
        return _in_words(error)
    return None


def _hear_of(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Links break here all the time, also under paho's feet; anything else is said."""
    if not isinstance(context.get("exception"), OSError):
        loop.default_exception_handler(context)


def _in_words(error: BaseException) -> str:
    return "".join(traceback.format_exception_only(error)).strip()


def _last_lines(log: Path) -> list[str]:
    return log.read_text(errors="replace").splitlines()[-LOG_LINES:] if log.exists() else []
