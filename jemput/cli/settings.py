"""`jemput settings`: what this machine's settings are."""

import json
import sys
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from jemput.settings import Settings, read_settings, variable


def settings(
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,  # noqa: FBT002 - a flag
) -> None:
    """Print what this machine's JEMPUT_* settings are; secrets stay hidden."""
    raise typer.Exit(show_settings(as_json=as_json))


def show_settings(*, as_json: bool) -> int:
    """Print every setting with its variable; secrets only as set or not."""
    found = read_settings()
    shown = {name: _shown(getattr(found, name)) for name in Settings.model_fields}
    if as_json:
        sys.stdout.write(json.dumps(shown) + "\n")
        return 0
    table = Table(box=None)
    for column in ("variable", "value", "what it is"):
        table.add_column(column, overflow="fold")
    for name, field in Settings.model_fields.items():
        table.add_row(variable(name), shown[name] or "-", field.description)
    Console().print(table)
    return 0


def _shown(value: object) -> str:
    if hasattr(value, "get_secret_value"):
        return "(set)"
    return "" if value is None else str(value)
