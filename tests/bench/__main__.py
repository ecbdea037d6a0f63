"""Measure: `scripts/bench NAME`; each bench in a module of its own, loaded when it is asked for."""

import sys
from importlib import import_module

BENCHES = {
    "fold": "what one reading costs the fold",
    "mqtt_reader": "what one message costs the ear",
}


def main(arguments: list[str]) -> int:
    """Run the named bench with the other arguments. Returns the process's exit code."""
    if not arguments or arguments[0] not in BENCHES:
        _explain()
        return 0 if arguments in ([], ["--help"]) else 2
    name, *others = arguments
    sys.argv = [f"scripts/bench {name}", *others]
    return int(import_module(f"tests.bench.{name}").main() or 0)


def _explain() -> None:
    lines = [f"  {name:<12} {claim}" for name, claim in BENCHES.items()]
    sys.stdout.write("\n".join(["scripts/bench NAME [--help], where NAME is one of:", *lines, ""]))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
