"""The `jemput` command."""

import re
import sys
import time
from pathlib import Path
from typing import Annotated

import typer

from jemput.broker.nats import BrokerError
from jemput.broker.ports import PortTakenError
from jemput.cli.demo import Options, run_demo
from jemput.cli.evaluate import run_evaluation

UNITS_S = {"s": 1, "m": 60, "h": 3600}

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)


@app.callback()
def jemput() -> None:
    """Waste bins that say how full they are, and people who are told in time."""


@app.command()
def demo(  # noqa: PLR0913, PLR0917 - every option of the demo is a plain flag
    scenario: Annotated[str, typer.Option(help="Name or path of a scenario.")] = "lubuk-pakam",
    speed: Annotated[float, typer.Option(help="How many times real time.")] = 600.0,
    lasting: Annotated[
        str | None, typer.Option("--for", help="End by itself after this, such as 60s or 5m.")
    ] = None,
    as_json: Annotated[  # noqa: FBT002 - a flag
        bool, typer.Option("--json", help="End with one JSON object on standard output.")
    ] = False,
    api_port: Annotated[int | None, typer.Option(help="Else a free one is found.")] = None,
    broker_port: Annotated[int | None, typer.Option(help="Else a free one is found.")] = None,
) -> None:
    """Run a small town: broker, simulated bins and collectors, ingester and API."""
    began_s = time.monotonic()
    for_s = None if lasting is None else seconds(lasting)
    options = Options(scenario, speed, for_s, as_json, api_port, broker_port)
    raise typer.Exit(run_demo(options, began_s))


@app.command()
def evaluate(
    recording: Annotated[Path, typer.Argument(help="CSV: bin,waste,at_utc,fill_percent")],
    emptyings: Annotated[Path | None, typer.Option(help="CSV of known emptyings.")] = None,
    calls: Annotated[Path | None, typer.Option(help="Write what the fold said here.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,  # noqa: FBT002 - a flag
) -> None:
    """Score the rules on recorded fill levels, through the ingester's own writer and fold."""
    raise typer.Exit(run_evaluation(recording, emptyings, calls, as_json=as_json))


def seconds(text: str) -> float:
    """Read `60s`, `5m` or `1h`."""
    found = re.fullmatch(r"(\d+(?:\.\d+)?)([smh])", text)
    if found is None:
        raise typer.BadParameter(f"{text!r} is no length of time: write 60s, 5m or 1h")
    return float(found[1]) * UNITS_S[found[2]]


def run() -> None:
    """Run the command; what a person can mend is one line, not a traceback."""
    try:
        app()
    except (PortTakenError, BrokerError, ValueError) as error:
        sys.stderr.write(f"jemput: {error}\n")
        sys.exit(2)
