"""`scripts/faults`: run scenarios, say how they ended, and write docs/reliability.md."""

import argparse
import json
import sys
import time
from collections.abc import Sequence

import typer

from jemput.cli.lengths import length_s
from tests.faults.biting import Bite, hunt_all
from tests.faults.document import COMMAND, FILE, differences, page
from tests.faults.mutants import MUTANTS
from tests.faults.report import bite_line, line_of, print_list
from tests.faults.runner import JOBS, Result, run_all
from tests.faults.scenarios import SCENARIOS, Scenario
from tests.faults.soak import soak


def main() -> int:
    """Run what was asked for; 0 only if everything promised was kept."""
    asked = _parser().parse_args()
    if asked.check:
        return _check()
    if asked.mutants:
        names = [one for one in MUTANTS if not asked.only or any(map(one.count, asked.only))]
        return 0 if all(one.found_by for one in _hunt(asked, names)) else 1
    if asked.soak is not None:
        return _soak(asked)
    chosen = choose(asked.only, quick=asked.quick)
    if asked.list:
        print_list(chosen if asked.quick or asked.only else SCENARIOS)
        return 0
    if not chosen:
        named = " or ".join(asked.only)
        sys.stderr.write(f"there is no scenario {named}: scripts/faults --list has them\n")
        return 2
    began_s = time.monotonic()
    results = []
    for running in run_all(chosen, range(1, asked.seeds + 1), asked.jobs, asked.weight):
        results.append(running.result())
        sys.stderr.write(line_of(results[-1]))
        if asked.write:
            _write(results[-1:])  # at once: what breaks a long run costs only what it broke
    sys.stderr.write(f"{len(results)} scenarios in {time.monotonic() - began_s:.0f} s\n")
    if asked.write and not asked.tame:
        _write_bites(asked, results)
    if asked.json:
        sys.stdout.write(json.dumps(as_json(results)) + "\n")
    ran = [one for one in results if one.skipped is None]
    return 0 if ran and all(one.is_good for one in ran) else 1


def choose(only: Sequence[str], *, quick: bool) -> list[Scenario]:
    """Scenarios by number or part of a name; those of an open fault only where asked for."""
    found = [one for one in SCENARIOS if one.quick or not quick]
    if only:
        return [one for one in found if str(one.id) in only or any(map(one.name.count, only))]
    return [one for one in found if one.known is None]


def as_json(results: list[Result]) -> dict[str, object]:
    """What the last line of --json holds."""
    skipped = [
        {"id": one.scenario.id, "name": one.scenario.name, "why": one.skipped}
        for one in results
        if one.skipped
    ]
    ran = [one.as_json() for one in results if not one.skipped]
    return {"scenarios": ran, **({"skipped": skipped} if skipped else {})}


def _write(results: list[Result], bites: Sequence[Bite] = ()) -> None:
    """Put it on the page; what it says of others stays."""
    FILE.write_text(page(results, bites, FILE.read_text()))


def _write_bites(asked: argparse.Namespace, results: list[Result]) -> None:
    """Hunt the mutants that what ran should find."""
    ran = {one.scenario.name for one in results}
    _write([], _hunt(asked, [one.name for one in MUTANTS.values() if one.found_by in ran]))


def _soak(asked: argparse.Namespace) -> int:
    result = soak(asked.soak, asked.seeds)
    sys.stderr.write(line_of(result))
    if asked.json:
        sys.stdout.write(json.dumps(as_json([result])) + "\n")
    return 0 if result.is_good else 1


def _check() -> int:
    found = differences(FILE.read_text() if FILE.exists() else "")
    sys.stderr.writelines(f"{one}\n" for one in found)
    if found:
        sys.stderr.write(f"docs/reliability.md is not as the scenarios are: run {COMMAND}\n")
    return 1 if found else 0


def _hunt(asked: argparse.Namespace, names: list[str]) -> list[Bite]:
    bites = []
    for hunting in hunt_all(names, asked.jobs, far=asked.far):
        bites.append(hunting.result())
        sys.stderr.write(bite_line(bites[-1]))
    if asked.json and asked.mutants:
        found = [{"mutant": one.mutant.name, "found_by": one.found_by} for one in bites]
        sys.stdout.write(json.dumps({"mutants": found}) + "\n")
    return bites


def _length_s(text: str) -> float:
    try:
        return length_s(text)
    except typer.BadParameter as error:
        raise argparse.ArgumentTypeError(error.message) from error


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="scripts/faults", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="those that scripts/test runs")
    parser.add_argument(
        "--only", action="append", default=[], metavar="ID", help="a number, or part of a name"
    )
    parser.add_argument(
        "--seeds", type=int, default=1, metavar="N", help="runs of each; of a soak, its seed"
    )
    parser.add_argument(
        "--weight", type=int, default=1, metavar="N", help="N times as many readings a message"
    )
    parser.add_argument(
        "--soak", type=_length_s, metavar="LENGTH", help="everything at once, for 10m or 1h"
    )
    parser.add_argument("--jobs", type=int, default=JOBS, metavar="N", help="how many at a time")
    parser.add_argument("--json", action="store_true", help="one line of JSON at the end")
    parser.add_argument(
        "--mutants", action="store_true", help="break each guarantee: who finds it?"
    )
    parser.add_argument("--tame", action="store_true", help="with --write: hunt no mutants")
    parser.add_argument("--far", action="store_true", help="hunt mutants with every scenario")
    parser.add_argument("--write", action="store_true", help="write docs/reliability.md: what ran")
    parser.add_argument("--check", action="store_true", help="compare it with the scenarios")
    parser.add_argument("--list", action="store_true", help="list them and run nothing")
    return parser


if __name__ == "__main__":
    sys.exit(main())
