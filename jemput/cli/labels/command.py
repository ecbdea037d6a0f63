"""`jemput labels`: sheets to print, of devices and of bins, as often as anybody likes."""

import sys
from collections.abc import Container, Sequence
from pathlib import Path
from typing import Annotated

import typer

from jemput.cli.labels.label import of_bins, of_devices
from jemput.cli.labels.printing import Speaks, Url, check_file, leads_to, words_in, write
from jemput.cli.options import Database, GroupName, open_existing
from jemput.known import check_site
from jemput.registry import Registry
from jemput.store.clock import wall_ms
from jemput.store.devices import Devices
from jemput.store.registry import RegistryStore

File = Annotated[Path, typer.Argument(metavar="FILE.html", help="Open it in a browser and print.")]
app = typer.Typer(
    no_args_is_help=True, help="Sheets of labels with QR codes, for devices and bins."
)


@app.command("devices")
def devices(  # noqa: PLR0913, PLR0917 - flags
    file: File,
    names: Annotated[list[str] | None, typer.Argument(help="Else every one in use.")] = None,
    url: Url = None,
    language: Speaks = "id",
    database: Database = None,
    group: GroupName = None,
) -> None:
    """Labels of devices: scanned in the street they open the page that hangs one on a bin."""
    check_file(file)
    kept = Devices(RegistryStore(*open_existing(database, group)))
    now_s, address = wall_ms() // 1000, leads_to(url)
    known = {one.id: one for one in kept.list(now_s)}
    _refuse_unknown("device", names or (), known.keys())
    wanted = names or [one.id for one in known.values() if not one.is_revoked]
    made = of_devices(
        kept.registry.look(), wanted, now_s=now_s, url=address, words=words_in(language)
    )
    write(file, list(made), language)
    sys.stdout.write(f"{len(wanted)} labels in {file}\n")


@app.command("bins")
def bins(  # noqa: PLR0913, PLR0917 - flags
    file: File,
    names: Annotated[list[str] | None, typer.Argument(help="Else every one in use.")] = None,
    site: Annotated[str | None, typer.Option(help="Only those of this site.")] = None,
    url: Url = None,
    language: Speaks = "id",
    database: Database = None,
    group: GroupName = None,
) -> None:
    """Labels of bins: who stands before one knows which it is, and sees how full it is."""
    check_file(file)
    registry = RegistryStore(*open_existing(database, group)).look()
    address = leads_to(url)
    _refuse_unknown("bin", names or (), registry.bins)
    wanted = names or _in_use(registry, site)
    made = of_bins(registry, wanted, url=address, words=words_in(language))
    write(file, list(made), language)
    sys.stdout.write(f"{len(wanted)} labels in {file}\n")


def _in_use(registry: Registry, site: str | None) -> list[str]:
    if site is not None:
        check_site(registry, site)
    return sorted(
        one
        for one in registry.bins
        if registry.is_live("bin", one) and site in {None, registry.site_of(one)}
    )


def _refuse_unknown(kind: str, names: Sequence[str], known: Container[str]) -> None:
    missing = [one for one in names if one not in known]
    if missing:
        raise ValueError(f"there is no {kind} {missing[0]}: look at its id again")
