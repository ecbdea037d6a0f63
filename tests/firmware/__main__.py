"""Runs real firmware against every misbehaviour of a network: `scripts/firmware --help`."""

import argparse
import json
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.firmware import document, trial
from tests.firmware.heap import GATES_KIB, smallest_heaps
from tests.firmware.misbehaviour import MISBEHAVIOURS, Misbehaviour
from tests.firmware.real_brokers import listening
from tests.firmware.trial import Result, Stand

AT_ONCE = 4  # they mostly wait
BUDGET_MS = 4_000


def main() -> int:
    """0 where every scenario is within budget and delivered all it took, in a small heap."""
    told = _arguments()
    if told.check:
        return _check()
    chosen = [one for one in MISBEHAVIOURS if told.only in one.name]
    if not chosen:
        sys.stderr.write(f"no scenario has {told.only!r} in its name\n")
        return 2
    results = run(chosen, told.budget_ms, quiet=told.json)
    heaps = smallest_heaps()
    if told.write:
        document.FILE.write_text(document.page(results, heaps))
    scenarios = [{name: getattr(one, name) for name in _FIELDS} for one in results]
    _say(json.dumps({"scenarios": scenarios, "heap": heaps}))
    is_small = all(heaps[name] <= most for name, most in GATES_KIB.items())
    return 0 if is_small and all(one.is_good for one in results) else 1


_FIELDS = ("name", "awake_ms", "budget_ms", "taken", "delivered")


def run(chosen: list[Misbehaviour], budget_ms: int, *, quiet: bool) -> list[Result]:
    """Each in a folder and with a device of its own, around one real broker."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with (
            trial.broker(folder / "broker", len(chosen)) as nats,
            listening(nats.port) as host,
            ThreadPoolExecutor(AT_ONCE) as pool,
        ):

            def one(number: int) -> Result:
                device = f"bin-{number}"
                stand = Stand(host, nats.port, device, budget_ms)
                result = trial.run(chosen[number], folder / device, stand)
                if not quiet:
                    _say(_line(result))
                return result

            return list(pool.map(one, range(len(chosen))))


def _line(one: Result) -> str:
    mark = "ok  " if one.is_good else "FAIL"
    kept = f"{one.delivered} of {one.taken}"
    return f"{mark} {one.name:45} {one.awake_ms:6} ms  {kept:9} {one.reason}"


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def _check() -> int:
    wrong = document.differences(document.FILE.read_text())
    for line in wrong:
        sys.stderr.write(line + "\n")
    if wrong:
        sys.stderr.write(f"docs/firmware.md is stale: {document.COMMAND}\n")
    return 1 if wrong else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="scripts/firmware", description=__doc__)
    parser.add_argument("--only", default="", help="scenarios with this in their name")
    parser.add_argument("--json", action="store_true", help="only the last line")
    parser.add_argument("--budget-ms", type=int, default=BUDGET_MS, help="how long a wake may be")
    parser.add_argument("--write", action="store_true", help="write docs/firmware.md")
    parser.add_argument(
        "--check", action="store_true", help="compare docs/firmware.md, run nothing"
    )
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
