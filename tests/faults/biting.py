"""Does the suite bite? Each mutant is run until a scenario finds it."""

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

from tests.faults.ingester import LAUNCHER
from tests.faults.mutants import MUTANTS, Mutant
from tests.faults.runner import run_scenario
from tests.faults.scenarios import SCENARIOS

PATIENCE_S = 15.0
"""What a mutant loses does not come back, so nobody waits long for it."""


@dataclass(frozen=True, slots=True)
class Bite:
    """Which scenario found a mutant, and by what; None where none did."""

    mutant: Mutant
    found_by: str | None
    note: str = ""


def hunt_all(names: list[str], jobs: int, *, far: bool) -> Iterator[Future[Bite]]:
    """Hunt mutants, `jobs` at a time; with `far`, by every quick scenario in turn."""
    with ThreadPoolExecutor(jobs) as pool:
        yield from [pool.submit(hunt, MUTANTS[name], far=far) for name in names]


def hunt(mutant: Mutant, *, far: bool) -> Bite:
    """Run the scenario that should find it; then, if it does not, the others."""
    switch = f"JEMPUT_TEST_MUTANT={mutant.name}"
    program = ("/usr/bin/env", switch, *LAUNCHER)
    first = [one for one in SCENARIOS if one.name == mutant.found_by]
    others = [one for one in SCENARIOS if one.quick and one.name != mutant.found_by]
    for scenario in (*first, *(others if far else ())):
        result = run_scenario(scenario, [1], program, PATIENCE_S)
        if not result.is_good and not result.skipped:
            return Bite(mutant, scenario.name, result.verdicts[0].notes[0])
    return Bite(mutant, None)
