"""`jemput replay`: recorded levels through a real broker into a real ingester."""

import asyncio
import json
import logging
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import structlog
import typer
from rich.console import Console
from rich.table import Table
from sqlalchemy import Engine

from jemput.cli.lengths import length_s
from jemput.cli.options import AsJson, GroupName, open_answering
from jemput.cli.replaying import Outcome, Replaying, refuse_other_sites
from jemput.mendable import MendableError
from jemput.settings import read_settings
from jemput.store.database import create_tables
from simulator.recording import Recording, load_recording
from simulator.replay import Pace, ReplayError


def replay(  # noqa: PLR0913, PLR0917 - every option is a plain flag
    recording: Annotated[Path, typer.Argument(help="CSV or CSV.GZ: bin,waste,at_utc,fill_percent")],
    slot: Annotated[str, typer.Option(help="So much recorded time at once, such as 1h.")] = "1h",
    speed: Annotated[
        float | None, typer.Option(help="At most so many times real time; else as fast as it goes.")
    ] = None,
    into: Annotated[
        Path | None, typer.Option(help="Keep the database in this folder, as jemput.db.")
    ] = None,
    database: Annotated[str | None, typer.Option(help="Keep it in this database instead.")] = None,
    group: GroupName = None,
    as_json: AsJson = False,  # noqa: FBT002 - a flag
) -> None:
    """Publish a recording as its devices would have, with the run's clock at its time.

    Broker and ingester are started for it. Doing it twice stores nothing new. Exit status 1
    where a row is not stored exactly once.
    """
    pace = _pace(slot, speed)
    recorded = _load(recording)
    name = group or read_settings().group
    with (
        tempfile.TemporaryDirectory(prefix="jemput-replay-") as folder,
        _database(_url(into, database, Path(folder))) as engine,
    ):
        refuse_other_sites(engine, name)
        _log_warnings()
        replaying = Replaying(recorded, pace, engine, name, Path(folder))
        try:
            outcome = asyncio.run(replaying.run())
        except ReplayError as error:
            raise MendableError(str(error)) from error
    _show(outcome, as_json=as_json)
    raise typer.Exit(0 if outcome.each_stored_once else 1)


def _log_warnings() -> None:
    """Thousands of alerts to nobody say nothing."""
    structlog.configure(
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING),
    )


def _pace(slot: str, speed: float | None) -> Pace:
    slot_s = int(length_s(slot))
    if slot_s < 1:
        raise typer.BadParameter(f"a slot of {slot} is too short: write 1s or more")
    if speed is not None and speed <= 0:
        raise typer.BadParameter(f"speed {speed:g} cannot be: give a number above 0")
    return Pace(slot_s, speed)


def _load(file: Path) -> Recording:
    """Raise `ValueError` where nothing of it can be used; name each bad row on stderr."""
    recording = load_recording(file)
    for bad in recording.bad:
        sys.stderr.write(f"row {bad.row}: {bad.why}\n")
    if not recording.rows:
        raise ValueError(f"{file} has no row that can be used: name a recording that has some")
    return recording


def _url(into: Path | None, database: str | None, else_in: Path) -> str:
    if into is not None and database is not None:
        raise typer.BadParameter("--into and --database are two places: name one")
    if database is not None:
        return database
    folder = (into or else_in).absolute()
    folder.mkdir(parents=True, exist_ok=True)
    return f"sqlite:///{folder / 'jemput.db'}"


@contextmanager
def _database(url: str) -> Iterator[Engine]:
    """The database, with its tables; closed in the end."""
    engine = open_answering(url)
    try:
        create_tables(engine)
        yield engine
    finally:
        engine.dispose()


def _show(outcome: Outcome, *, as_json: bool) -> None:
    if as_json:
        sys.stdout.write(json.dumps(asdict(outcome)) + "\n")
        return
    table = Table(show_header=False, box=None)
    for name, value in asdict(outcome).items():
        table.add_row(name.replace("_", " "), _told(value))
    Console().print(table)


def _told(value: float | bool) -> str:  # noqa: FBT001 - a value to print
    if isinstance(value, bool):
        return "yes" if value else "NO"
    return f"{value:,}"
