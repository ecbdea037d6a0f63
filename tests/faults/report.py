"""How scenarios ended, for people."""

import sys
from collections.abc import Iterable

from tests.faults.biting import Bite
from tests.faults.runner import Result
from tests.faults.scenario import Scenario


def print_list(scenarios: Iterable[Scenario]) -> None:
    """One line each."""
    for one in scenarios:
        quick = "quick" if one.quick else "     "
        sys.stdout.write(f"{one.id:3} {quick} {one.name}: {one.says}\n")
        if one.known:
            sys.stdout.write(f"          known: {one.known}\n")


def line_of(result: Result) -> str:
    """One line; where it went wrong, what and how."""
    one = result.scenario
    if result.skipped:
        return f"{one.id:3} {one.name:48} skipped: {result.skipped}\n"
    names = ("obligations", "lost", "doubled", "invented")
    numbers = "  ".join(f"{name} {result.total(name)}" for name in names)
    word = "ok " if result.is_good else "BAD"
    times = f"recovery {result.recovery_s} s  ({result.took_s:.1f} s)"
    line = f"{one.id:3} {word} {one.name:48} {numbers}  {times}\n"
    notes = [note for verdict in result.verdicts for note in verdict.notes]
    return line + "".join(f"      {note}\n" for note in notes)


def bite_line(bite: Bite) -> str:
    """One line: the mutant, and who found it by what."""
    return f"{bite.mutant.name:42} {bite.found_by or 'NOT FOUND'}\n      {bite.note}\n"
