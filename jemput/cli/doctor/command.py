"""Running every check, and telling what they found."""

import sys
from collections.abc import Iterator
from typing import Final

import msgspec
import typer
from rich.console import Console

from jemput.cli.doctor import broker, database, files, grafana, influx, machine
from jemput.cli.doctor.finding import Finding, Health, bad
from jemput.cli.grafana.client import token_of
from jemput.cli.options import AsJson, open_existing
from jemput.cli.serving import broker_address, influx_target
from jemput.settings import Settings, SettingsError, read_settings
from jemput.store.clock import RunClock
from jemput.store.database import SchemaError

MARKS: Final = {Health.GOOD: "[green]✓[/]", Health.DOUBT: "[yellow]![/]", Health.BAD: "[red]✗[/]"}


def examine() -> Iterator[Finding]:
    """Look at everything that the settings name."""
    try:
        settings = read_settings()
        address = broker_address(settings)
    except SettingsError as error:
        yield bad("settings", str(error), "mend the setting: `jemput settings` lists them")
        return
    yield from machine.clock()
    yield from machine.disk(settings.database_url, settings.broker_folder)
    yield from files.secrets(settings)
    yield from files.certificates(settings)
    yield from _database(settings)
    yield from broker.broker(address)
    yield from influx.influx(influx_target(settings))
    yield from grafana.grafana(settings.grafana_url, token_of(settings))


def doctor(as_json: AsJson = False) -> None:  # noqa: FBT002 - a flag
    """Say in plain words what is wrong with broker, database, clock, disk, and what mends it."""
    raise typer.Exit(run_doctor(as_json=as_json))


def run_doctor(*, as_json: bool) -> int:
    """Tell what was found while it is found; status 1 where anything is bad."""
    findings = []
    console = Console(highlight=False, soft_wrap=True)
    for finding in examine():
        findings.append(finding)
        if not as_json:
            console.print(f"{MARKS[finding.health]} {finding.about}: ", end="")
            console.print(finding.sentence, markup=False)
            if finding.remedy:
                console.print(f"    → {finding.remedy}", markup=False)
    if as_json:
        sys.stdout.write(msgspec.json.encode(findings).decode() + "\n")
    return 1 if any(one.health is Health.BAD for one in findings) else 0


def _database(settings: Settings) -> Iterator[Finding]:
    try:
        engine, _ = open_existing(settings.database_url, settings.group)
    except SchemaError as error:
        yield bad("database", str(error), "then run `jemput doctor` again")
        return
    try:
        yield from database.database(engine, settings.group, RunClock.wall().now_ms())
    finally:
        engine.dispose()
