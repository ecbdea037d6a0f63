"""Which devices are meant: by name, by bin, by site, or all that may speak."""

from typing import Annotated

import typer

from jemput.cli.options import open_existing
from jemput.store.clock import wall_ms
from jemput.store.devices import Device, Devices
from jemput.store.registry import RegistryStore

Names = Annotated[list[str] | None, typer.Option("--device", help="A device's id; again for more.")]
Bins = Annotated[list[str] | None, typer.Option("--bin", help="Whatever hangs on this bin.")]
Sites = Annotated[list[str] | None, typer.Option("--site", help="Every device of this site.")]
Everybody = Annotated[bool, typer.Option("--all", help="Every device of the group.")]


def open_devices(database: str | None, group: str | None) -> Devices:
    """The devices of a group."""
    return Devices(RegistryStore(*open_existing(database, group)))


def chosen(
    devices: Devices,
    names: list[str] | None,
    bins: list[str] | None,
    sites: list[str] | None,
    *,
    everybody: bool,
) -> list[Device]:
    """Those that are meant, by id. Raises `typer.BadParameter` where that is nobody."""
    if not (names or bins or sites or everybody):
        raise typer.BadParameter("say which: --device ID, --bin ID, --site ID or --all")
    known = {one.id: one for one in devices.list(wall_ms() // 1000) if not one.is_revoked}
    for name in names or ():
        if name not in known:
            raise typer.BadParameter(f"there is no device {name}: `jemput device list` shows them")
    hung = {one.bin for one in known.values()}
    for bin_id in bins or ():
        if bin_id not in hung:
            raise typer.BadParameter(f"no device hangs on bin {bin_id}: bind one to it")
    found = [
        one
        for one in known.values()
        if everybody
        or one.id in (names or ())
        or (one.bin is not None and one.bin in (bins or ()))
        or (one.site is not None and one.site in (sites or ()))
    ]
    if not found:
        raise typer.BadParameter(
            f"no device is of {', '.join(sites)}: bind one there"
            if sites
            else "there is no device yet: `jemput device provision` lets one in"
        )
    return found
