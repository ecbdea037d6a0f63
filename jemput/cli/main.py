"""The `jemput` command."""

import sys
import time
from pathlib import Path
from typing import Annotated

import typer

from jemput.broker.nats import BrokerError
from jemput.broker.ports import PortTakenError
from jemput.cli import accounts, certificate, db, journal, quarantine, registry
from jemput.cli import influx as influx_commands
from jemput.cli.backup import run_backup, run_restore
from jemput.cli.broker import broker
from jemput.cli.demo import Options
from jemput.cli.demo_command import run_demo
from jemput.cli.doctor.command import run_doctor
from jemput.cli.evaluate import run_evaluation
from jemput.cli.influxd import NONE
from jemput.cli.init.command import init
from jemput.cli.lengths import length_s
from jemput.cli.options import Database
from jemput.cli.pickups import pickups
from jemput.cli.replay import replay
from jemput.cli.serving import run_api_command, run_ingest_command, show_settings
from jemput.cli.simulate import simulate
from jemput.cli.watch import watch
from jemput.cli.what_if import what_if
from jemput.cli.why import why
from jemput.store.checkpoints import OtherStateVersionError
from jemput.store.database import SchemaError
from jemput.store.influx import WriteFailedError
from jemput.store.journal import DamagedJournalError, TakenOverError
from simulator.replay import ReplayError

MENDABLE = (
    FileExistsError,
    FileNotFoundError,
    IsADirectoryError,
    NotADirectoryError,
    PermissionError,
    BrokerError,
    DamagedJournalError,
    OtherStateVersionError,
    PortTakenError,
    ReplayError,
    SchemaError,
    TakenOverError,
    ValueError,
    WriteFailedError,
)
"""What a person can mend is one line, not a traceback."""
FREE = "Else a free one is found."

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
app.add_typer(accounts.accounts_app, name="account")
app.add_typer(accounts.keys_app, name="key")
app.command("audit")(accounts.show_audit)
app.command()(pickups)
app.command()(watch)
app.command("what-if")(what_if)
app.command()(why)
app.command()(replay)
app.command()(simulate)
app.command()(broker)
app.command()(init)
app.add_typer(certificate.app, name="certificate")
app.add_typer(db.app, name="db")
app.add_typer(registry.app, name="registry")
app.add_typer(journal.app, name="journal")
app.add_typer(quarantine.app, name="quarantine")
app.add_typer(influx_commands.app, name="influx")


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


@app.command()
def evaluate(
    recording: Annotated[Path, typer.Argument(help="CSV: bin,waste,at_utc,fill_percent")],
    emptyings: Annotated[Path | None, typer.Option(help="CSV of known emptyings.")] = None,
    calls: Annotated[Path | None, typer.Option(help="Write what the fold said here.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,  # noqa: FBT002 - a flag
) -> None:
    """Score the rules on recorded fill levels, through the ingester's own writer and fold."""
    raise typer.Exit(run_evaluation(recording, emptyings, calls, as_json=as_json))


@app.command()
def ingest() -> None:
    """Hear the bins, decide, alert: one group's ingester, told by JEMPUT_* settings."""
    raise typer.Exit(run_ingest_command())


@app.command()
def api() -> None:
    """Serve the API and its page, told by JEMPUT_* settings."""
    raise typer.Exit(run_api_command())


@app.command()
def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,  # noqa: FBT002 - a flag
) -> None:
    """Say in plain words what is wrong with broker, database, clock and disk, and what mends it."""
    raise typer.Exit(run_doctor(as_json=as_json))


@app.command()
def backup(
    folder: Annotated[Path, typer.Argument(help="Where backups are kept.")],
    database: Database = None,
    full: Annotated[bool, typer.Option("--full", help="A base, however new the last.")] = False,  # noqa: FBT002 - a flag
    keep: Annotated[int, typer.Option(min=1, help="How many bases stay.")] = 14,
) -> None:
    """Copy the database while it runs: a base a day, and segments of the journal behind it."""
    raise typer.Exit(run_backup(folder, database, full=full, keep=keep))


@app.command()
def restore(
    folder: Annotated[Path, typer.Argument(help="Where backups are kept.")],
    database: Database = None,
    base: Annotated[Path | None, typer.Option(help="Else the newest.")] = None,
) -> None:
    """Put a backup where nothing is: the base and every entry behind it."""
    raise typer.Exit(run_restore(folder, database, base))


@app.command()
def settings(
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,  # noqa: FBT002 - a flag
) -> None:
    """Print what this machine's JEMPUT_* settings are; secrets stay hidden."""
    raise typer.Exit(show_settings(as_json=as_json))


def run() -> None:
    """Run the command."""
    try:
        app()
    except MENDABLE as error:
        sys.stderr.write(f"jemput: {error}\n")
        sys.exit(2)
