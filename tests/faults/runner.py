"""Running scenarios, each seed in a folder of its own."""

import asyncio
import tempfile
import traceback
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import pytest

from jemput.store.journal import DamagedJournalError
from tests.faults.ingester import JEMPUT
from tests.faults.scenario import Scenario
from tests.faults.verdict import Verdict, reach_verdict
from tests.faults.world import World, open_world

AT_MOST_S: Final = 110


@dataclass
class Result:
    """A scenario over its seeds."""

    scenario: Scenario
    verdicts: list[Verdict] = field(default_factory=list)
    skipped: str | None = None

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


def run_scenario(
    scenario: Scenario, seeds: Sequence[int], program: Sequence[str] = JEMPUT
) -> Result:
    """Run one scenario with each seed. Skips, with the reason, what cannot run here."""
    result = Result(scenario)
    for seed in seeds:
        with tempfile.TemporaryDirectory(prefix="jemput-faults-") as folder:
            try:
                result.verdicts.append(asyncio.run(_run(scenario, seed, Path(folder), program)))
            except pytest.skip.Exception as reason:
                result.skipped = str(reason)
                return result
    return result


async def _run(scenario: Scenario, seed: int, folder: Path, program: Sequence[str]) -> Verdict:
    """One run; a world that breaks down has lost what was promised."""
    verdict = Verdict()
    asyncio.get_running_loop().set_exception_handler(_hear_of)
    try:
        async with (
            asyncio.timeout(AT_MOST_S),
            open_world(scenario.setup, seed, folder, program) as world,
        ):
            broke = await _broke(scenario, world)
            verdict = await reach_verdict(world)
    except (TimeoutError, DamagedJournalError) as error:
        broke = _in_words(error)
    if broke:
        verdict.count("lost", f"({broke}) in the scenario itself", f"seed {seed}", 1)
    if not verdict.is_good:
        verdict.notes += [f"seed {seed}", *_last_lines(folder / "ingest.log")]
    return verdict


async def _broke(scenario: Scenario, world: World) -> str | None:
    """Run the fault itself; what went wrong in it, in words."""
    try:
        await scenario.run(world)
    except (AssertionError, TimeoutError, OSError, RuntimeError) as error:
        return _in_words(error)
    return None


def _hear_of(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Links break here all the time, also under paho's feet; anything else is said."""
    if not isinstance(context.get("exception"), OSError):
        loop.default_exception_handler(context)


def _in_words(error: BaseException) -> str:
    return "".join(traceback.format_exception_only(error)).strip()


def _last_lines(log: Path) -> list[str]:
    return log.read_text(errors="replace").splitlines()[-12:] if log.exists() else []
