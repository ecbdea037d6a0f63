"""`jemput registry import | export`: the bins of a group from a file, and back."""

import json
import sys
import time
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.console import Console
from rich.progress import Progress

from jemput.cli.console import who
from jemput.cli.options import AsJson, Database, GroupName, open_existing
from jemput.csv_rows import RowError
from jemput.imports.export import to_csv, to_geojson
from jemput.imports.files import rows_of
from jemput.imports.plan import Plan, plan
from jemput.store.clock import wall_ms
from jemput.store.registry import CHANGES_AT_ONCE, RegistryStore

MOST_SHOWN: Final = 20
MAP_SUFFIXES: Final = frozenset({".geojson", ".json"})

app = typer.Typer(no_args_is_help=True, help="Bins and what hangs on them, from a file and back.")


@app.command("import")
def import_(
    file: Annotated[Path, typer.Argument(help="CSV or GeoJSON of bins; see docs/bins.md.")],
    database: Database = None,
    group: GroupName = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would change.")] = False,  # noqa: FBT002 - a flag
    as_json: AsJson = False,  # noqa: FBT002 - a flag
) -> None:
    """Take every good row, name each bad one. Doing it twice changes nothing.

    Exit status 1 where a row was refused.
    """
    store = RegistryStore(*open_existing(database, group))
    planned = plan(rows_of(_read(file)), store.read(), int(time.time()))
    if not dry_run:
        _change(store, planned)
    if as_json:
        sys.stdout.write(json.dumps(_summary(planned)) + "\n")
    else:
        _tell(planned, dry_run=dry_run)
    raise typer.Exit(1 if planned.refused else 0)


@app.command("export")
def export(
    file: Annotated[
        Path | None, typer.Argument(help="A .csv or .geojson; else CSV is printed.")
    ] = None,
    database: Database = None,
    group: GroupName = None,
) -> None:
    """Write every bin as a row that import takes."""
    registry = RegistryStore(*open_existing(database, group)).read()
    as_map = file is not None and file.suffix.lower() in MAP_SUFFIXES
    text = (to_geojson if as_map else to_csv)(registry, int(time.time()))
    if file is None:
        sys.stdout.write(text)
        return
    file.write_text(text, encoding="utf-8")
    sys.stderr.write(f"{len(registry.bins)} bins in {file}\n")


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        message = f"{file} is not UTF-8: save it as UTF-8 (in a spreadsheet: CSV UTF-8)"
        raise typer.BadParameter(message) from None
    except OSError as error:
        raise typer.BadParameter(f"{file} cannot be read: {error.strerror}") from None


def _change(store: RegistryStore, planned: Plan) -> None:
    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("importing", total=len(planned.changes))
        for start in range(0, len(planned.changes), CHANGES_AT_ONCE):
            some = planned.changes[start : start + CHANGES_AT_ONCE]
            store.change(some, by=who(), now_ms=wall_ms())
            progress.advance(task, len(some))


def _summary(planned: Plan) -> dict[str, object]:
    return {
        "changed": planned.changed,
        "unchanged": planned.unchanged,
        "refused": [_refused(error) for error in planned.refused],
    }


def _refused(error: RowError) -> dict[str, object]:
    return {"row": error.row, "wrong": error.wrong, "remedy": error.remedy}


def _tell(planned: Plan, *, dry_run: bool) -> None:
    for error in planned.refused[:MOST_SHOWN]:
        sys.stderr.write(f"{error}\n")
    if len(planned.refused) > MOST_SHOWN:
        sys.stderr.write(f"… and {len(planned.refused) - MOST_SHOWN} more: --json lists them all\n")
    would = "would be changed" if dry_run else "changed"
    sys.stdout.write(
        f"{planned.changed} bins {would}, {planned.unchanged} as they were, "
        f"{len(planned.refused)} rows refused\n"
    )
