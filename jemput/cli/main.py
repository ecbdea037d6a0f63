"""The `jemput` command."""

import sys
from typing import Final

import typer

from jemput.cli.lazy import Later, group_of
from jemput.mendable import MendableError

MENDABLE: Final = (
    FileExistsError,
    FileNotFoundError,
    IsADirectoryError,
    NotADirectoryError,
    PermissionError,
    MendableError,
    ValueError,
)
"""What a person can mend is one line, not a traceback."""

COMMANDS: Final = (
    Later(
        "demo",
        "jemput.cli.demo_command:demo",
        "Run a small town: broker, simulated bins and collectors, ingester and API.",
    ),
    Later(
        "init",
        "jemput.cli.init.command:init",
        "Set up a town of your own: settings, database, first operator, certificates, units.",
    ),
    Later(
        "ingest",
        "jemput.cli.ingest:ingest",
        "Hear the bins, decide, alert: one group's ingester, told by JEMPUT_* settings.",
    ),
    Later("api", "jemput.cli.api:api", "Serve the API and its page, told by JEMPUT_* settings."),
    Later(
        "broker",
        "jemput.cli.broker:broker",
        "Run the broker with every account of the database until SIGTERM or Ctrl-C.",
    ),
    Later(
        "doctor",
        "jemput.cli.doctor.command:doctor",
        "Say in plain words what is wrong with broker, database, clock, disk, and what mends it.",
    ),
    Later("certificate", "jemput.cli.certificate:app", "The certificate of broker and API."),
    Later(
        "device",
        "jemput.cli.remote.devices:app",
        "Devices: who may speak, and on which bin each hangs.",
    ),
    Later(
        "claim",
        "jemput.cli.claim:app",
        "Secrets with which devices ask for their accounts, once allowed.",
    ),
    Later("collector", "jemput.cli.collector:app", "MQTT accounts of collectors' own apps."),
    Later(
        "labels",
        "jemput.cli.labels.command:app",
        "Sheets of labels with QR codes, for devices and bins.",
    ),
    Later(
        "settings",
        "jemput.cli.settings:settings",
        "Print what this machine's JEMPUT_* settings are; secrets stay hidden.",
    ),
    Later(
        "pickups",
        "jemput.cli.pickups:pickups",
        "List pickups, newest first: when, id, state and whose. `jemput why` tells more of one.",
    ),
    Later(
        "why",
        "jemput.cli.why:why",
        "Say which rule called the truck, its numbers, what it saw, and who was told.",
    ),
    Later(
        "what-if",
        "jemput.cli.what_if:what_if",
        "Fold the journal under another policy, and say which calls would have differed.",
    ),
    Later(
        "watch",
        "jemput.cli.watch:watch",
        "Follow one device live: its bytes, what they became, what was decided. Ctrl-C ends it.",
    ),
    Later(
        "evaluate",
        "jemput.cli.evaluate:evaluate",
        "Score the rules on recorded fill levels, through the ingester's own writer and fold.",
    ),
    Later(
        "replay",
        "jemput.cli.replay:replay",
        "Publish a recording as its devices would have, with the run's clock at its time.",
    ),
    Later(
        "simulate",
        "jemput.cli.simulate:simulate",
        "Let a town live: bins that fill and speak, collectors who react to alerts.",
    ),
    Later(
        "registry", "jemput.cli.registry:app", "Bins and what hangs on them, from a file and back."
    ),
    Later(
        "subscription",
        "jemput.cli.subscription:app",
        "Other systems that are told of events.",
    ),
    Later("account", "jemput.cli.accounts:accounts_app", "Who may use the API."),
    Later("key", "jemput.cli.accounts:keys_app", "Keys that programs open the API with."),
    Later("audit", "jemput.cli.accounts:show_audit", "Print who changed what, newest first."),
    Later(
        "backup",
        "jemput.cli.backup:backup_command",
        "Copy the database while it runs: a base a day, and segments of the journal behind it.",
    ),
    Later(
        "restore",
        "jemput.cli.backup:restore_command",
        "Put a backup where nothing is: the base and every entry behind it.",
    ),
    Later("db", "jemput.cli.db:app", "The operational database, SQLite or PostgreSQL."),
    Later("journal", "jemput.cli.journal:app", "The journal of a group, and its snapshots."),
    Later("quarantine", "jemput.cli.quarantine:app", "Messages that could not be taken."),
    Later("influx", "jemput.cli.influx:app", "InfluxDB, where the settings name one."),
    Later(
        "grafana",
        "jemput.cli.grafana.command:app",
        "Our boards in a Grafana that somebody runs.",
    ),
)
"""A new command is a line here: its name, where it is, and the first line of its help."""

app = typer.Typer(
    cls=group_of(COMMANDS),
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


@app.callback()
def jemput() -> None:
    """Waste bins that say how full they are, and people who are told in time."""


def run() -> None:
    """Run the command."""
    try:
        app()
    except MENDABLE as error:
        sys.stderr.write(f"jemput: {error}\n")
        sys.exit(2)
