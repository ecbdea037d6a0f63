"""`jemput device config`, `command` and `status`."""

import sys
from typing import Annotated, Final

import typer

from jemput.cli.console import print_rows, who
from jemput.cli.options import AsJson, Database, GroupName
from jemput.cli.remote.chosen import Bins, Everybody, Names, Sites, chosen, open_devices
from jemput.cli.telling import local
from jemput.remote.command import Command
from jemput.store.clock import wall_ms
from jemput.store.devices import Device
from jemput.store.statuses import Heard
from jemput.store.words import Configured, Words

HOURS: Final = 24


def config(  # noqa: PLR0913, PLR0917 - flags
    settings: Annotated[
        list[str] | None,
        typer.Argument(metavar="NAME=VALUE", help="`pings=9`; `pings=` is as usual again."),
    ] = None,
    names: Names = None,
    bins: Bins = None,
    sites: Sites = None,
    everybody: Everybody = False,  # noqa: FBT002 - a flag
    database: Database = None,
    group: GroupName = None,
) -> None:
    """Show what devices are told, or change it: it holds from the wake after they heard it."""
    devices = open_devices(database, group)
    found = [one.id for one in chosen(devices, names, bins, sites, everybody=everybody)]
    words = Words(devices.registry)
    if settings:
        words.configure(found, settings, by=who(), now_ms=wall_ms())
    said = words.statuses.all()
    for device in found:
        line = _configured(device, words.configured(device), said.get(device))
        sys.stdout.write(f"{line}\n")


def command(  # noqa: PLR0913, PLR0917 - flags
    what: Annotated[Command, typer.Argument(help="What to do, once.")],
    names: Names = None,
    bins: Bins = None,
    sites: Sites = None,
    everybody: Everybody = False,  # noqa: FBT002 - a flag
    hours: Annotated[int, typer.Option(min=1, max=720, help="Not after so many.")] = HOURS,
    database: Database = None,
    group: GroupName = None,
) -> None:
    """Tell devices to do something once, when they wake next; `status` says what they answered."""
    devices = open_devices(database, group)
    found = [one.id for one in chosen(devices, names, bins, sites, everybody=everybody)]
    now_ms = wall_ms()
    numbers = Words(devices.registry).command(
        found, what, until_ms=now_ms + hours * 3_600_000, by=who(), now_ms=now_ms
    )
    for device, number in numbers.items():
        sys.stdout.write(f"{device}  {what} is command {number}\n")


def status(
    database: Database = None,
    group: GroupName = None,
    as_json: AsJson = False,  # noqa: FBT002 - a flag
) -> None:
    """Say what every device runs, and what became of what it was told."""
    devices = open_devices(database, group)
    listed = devices.list(wall_ms() // 1000)
    print_rows(listed, map(_stands, listed), as_json=as_json)


def _configured(device: str, told: Configured, heard: Heard | None) -> str:
    fields = " ".join(f"{name}={value}" for name, value in told.fields.items()) or "as usual"
    runs = f"runs version {heard.said.config}" if heard else "has not spoken yet"
    wanted = f"told version {told.version}: {fields}" if told.version else "told nothing"
    refused = ""
    if heard and heard.said.refused and heard.said.refused[0] == told.version:
        refused = f"; refused: {heard.said.refused[1]}"
    waits = "" if told.said else "; waits for the ingester"
    return f"{device}  {wanted}; {runs}{refused}{waits}"


def _stands(one: Device) -> str:
    if one.heard is None:
        return f"{one.id}  has said nothing of itself yet"
    said = one.heard.said
    parts = [f"firmware {said.firmware or '?'}", f"release {said.release}"]
    parts.append(f"configuration {said.config}")
    if said.refused:
        parts.append(f"refuses {said.refused[0]}: {said.refused[1]}")
    parts += [f"command {number} {answer}" for number, answer in said.commands]
    if said.update:
        release, word, left = said.update
        parts.append(f"update {release} {word}" + (f", {left} files left" if left else ""))
    return f"{one.id}  {_when(one.heard)}  {', '.join(parts)}"


def _when(heard: Heard) -> str:
    if heard.lost_at_s is not None:
        return f"lost since {local(heard.lost_at_s)}"
    until = f", sleeps until {local(heard.said.until)}" if heard.said.until else ""
    return f"heard {local(heard.heard_at_s)}{until}"
