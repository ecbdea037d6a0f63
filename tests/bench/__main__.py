"""Measure: `scripts/bench [NAME]`; each bench is a module, loaded when it is asked for."""

import sys
from importlib import import_module

DEFAULT = "contest"
BENCHES = {
    "api": "how fast the API answers over 10,000 bins while 1,000 readings a second arrive",
    "contest": "ours beside Telegraf, aiomqtt, paho and Node-RED; without a name it is this one",
    "fold": "what one reading costs the fold",
    "grafana": "how long each panel's query takes over 10,000 bins and a month",
    "mqtt_reader": "what one message costs the ear",
    "page": "the page on a slow phone: bytes, and time until there is something to read",
    "small": "what 1,000 bins take of an old PC: memory, processor, disk a month",
}


def main(arguments: list[str]) -> int:
    """Run the named bench with the other arguments. Returns the process's exit code."""
    if arguments == ["--help"]:
        _explain()
        return 0
    if not arguments or arguments[0].startswith("-"):
        arguments = [DEFAULT, *arguments]
    name, *others = arguments
    if name not in BENCHES:
        _explain()
        return 2
    sys.argv = [f"scripts/bench {name}", *others]
    return int(import_module(f"tests.bench.{name}").main() or 0)


def _explain() -> None:
    lines = [f"  {name:<12} {claim}" for name, claim in BENCHES.items()]
    sys.stdout.write(
        "\n".join(["scripts/bench [NAME] [--help], where NAME is one of:", *lines, ""])
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
