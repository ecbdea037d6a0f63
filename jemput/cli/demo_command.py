"""`jemput demo` from its start to its end: what is refused, the folder, and what came of it."""

import asyncio
import json
import math
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, Final

import structlog
import typer

from jemput.cli.demo import Demo, Options
from jemput.cli.influxd import NONE, check_influx
from jemput.cli.lengths import length_s

FREE: Final = "Else a free one is found."


def demo(  # noqa: PLR0913, PLR0917 - every option of the demo is a plain flag
    scenario: Annotated[str, typer.Option(help="Name or path of a scenario.")] = "lubuk-pakam",
    speed: Annotated[float, typer.Option(help="How many times real time.")] = 600.0,
    lasting: Annotated[
        str | None, typer.Option("--for", help="End by itself after this, such as 60s or 5m.")
    ] = None,
    as_json: Annotated[  # noqa: FBT002 - a flag
        bool, typer.Option("--json", help="End with one JSON object on standard output.")
    ] = False,
    api_port: Annotated[int | None, typer.Option(min=1, max=65535, help=FREE)] = None,
    broker_port: Annotated[int | None, typer.Option(min=1, max=65535, help=FREE)] = None,
    influx: Annotated[
        str,
        typer.Option(metavar="auto|URL|none", help="auto starts this machine's influxd for it."),
    ] = NONE,
    keep: Annotated[Path | None, typer.Option(help="Leave the database in this folder.")] = None,
) -> None:
    """Run a small town: broker, simulated bins and collectors, ingester and API."""
    began_s = time.monotonic()
    for_s = None if lasting is None else length_s(lasting)
    if for_s == 0:
        raise typer.BadParameter("a demo of no length shows nothing: give --for more than 0s")
    options = Options(scenario, speed, for_s, as_json, api_port, broker_port, influx, keep)
    raise typer.Exit(run_demo(options, began_s))


def run_demo(options: Options, began_s: float) -> int:
    """Run it, say what came of it, and return the exit status."""
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    check_speed(options.speed)
    check_influx(options.influx)
    with _folder(options.keep) as folder:
        result = asyncio.run(Demo(options, folder, began_s).run())
    if options.as_json:
        sys.stdout.write(json.dumps(result) + "\n")
    else:
        _tell_end(result, options.keep)
    if result["readings_stored"] and result["alerts_delivered"]:
        return 0
    sys.stderr.write("it ended before an alert arrived, which takes some seconds\n")
    return 0 if options.for_s is None else 1


def _tell_end(result: dict[str, Any], keep: Path | None) -> None:
    stored, alerts = result["readings_stored"], result["alerts_delivered"]
    sys.stdout.write(f"ended: {stored} readings stored, {alerts} alerts received, ")
    sys.stdout.write(f"{result['pickups_verified']} pickups verified\n")
    if keep is not None:
        sys.stdout.write(f"ask it: export JEMPUT_SETTINGS={keep / 'jemput.env'}\n")


def check_speed(speed: float) -> None:
    """Raise `ValueError` for a speed that no clock can have."""
    if not math.isfinite(speed) or speed <= 0:
        raise ValueError(f"speed {speed} cannot be: give a number above 0")


@contextmanager
def _folder(keep: Path | None) -> Iterator[Path]:
    """A folder that goes with the demo, or the one that was asked for."""
    if keep is None:
        with tempfile.TemporaryDirectory(prefix="jemput-demo-") as folder:
            yield Path(folder)
        return
    if keep.exists() and not keep.is_dir():
        raise NotADirectoryError(f"{keep} is a file: name a new folder")
    if keep.exists() and any(keep.iterdir()):
        raise FileExistsError(f"{keep} is not empty: name a new folder")
    keep.mkdir(parents=True, exist_ok=True)
    yield keep
