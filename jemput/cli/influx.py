"""`jemput influx setup`: the database or bucket that the settings name, made where missing."""

import asyncio
import sys
from typing import Annotated, Final

import typer

from jemput.cli.lengths import length_s
from jemput.cli.serving import influx_target
from jemput.settings import read_settings
from jemput.store.influx_setup import set_up

FOR_EVER: Final = "forever"

app = typer.Typer(no_args_is_help=True, help="InfluxDB, where the settings name one.")


@app.callback()
def influx() -> None:
    """InfluxDB, where the settings name one."""


@app.command()
def setup(
    retention: Annotated[
        str | None,
        typer.Option(help="How long readings are kept, such as 90d, or forever; else as it is."),
    ] = None,
) -> None:
    """Make what is missing: database or bucket, retention, mapping. Twice changes nothing."""
    target = influx_target(read_settings())
    if target is None:
        raise typer.BadParameter("no InfluxDB is set: JEMPUT_INFLUX_URL names it")
    for sentence in asyncio.run(set_up(target, _retention_s(retention))):
        sys.stdout.write(f"{sentence}\n")


def _retention_s(text: str | None) -> int | None:
    if text is None:
        return None
    if text == FOR_EVER:
        return 0
    seconds = int(length_s(text))
    if seconds < 3600:  # noqa: PLR2004 - an hour
        raise typer.BadParameter(f"--retention {text}: InfluxDB keeps at least 1h")
    return seconds
