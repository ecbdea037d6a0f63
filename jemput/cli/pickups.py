"""`jemput pickups`: the newest pickups of a group, a line each."""

import sys
from typing import Annotated

import msgspec
import typer

from jemput.cli.options import AsJson, Database, GroupName, open_existing
from jemput.cli.plain import plain
from jemput.cli.telling import local
from jemput.pickup import Pickup
from jemput.store.pickups import Pickups


def pickups(  # noqa: PLR0913, PLR0917 - every option is a plain flag
    only_open: Annotated[bool, typer.Option("--open", help="Only open ones.")] = False,  # noqa: FBT002 - a flag
    bin_id: Annotated[str | None, typer.Option("--bin", help="Only of this bin.")] = None,
    most: Annotated[int, typer.Option("--last", min=1, help="How many.")] = 20,
    database: Database = None,
    group: GroupName = None,
    as_json: AsJson = False,  # noqa: FBT002 - a flag
) -> None:
    """List pickups, newest first: when, id, state and whose. `jemput why` tells more of one."""
    listed = Pickups(*open_existing(database, group)).list(
        only_open=only_open, bin_id=bin_id, most=most
    )
    if as_json:
        sys.stdout.write(msgspec.json.encode(plain(listed)).decode() + "\n")
        return
    for one in listed:
        sys.stdout.write(_line(one) + "\n")
    if not listed:
        sys.stderr.write("there is no pickup yet\n")


def _line(one: Pickup) -> str:
    whose = one.collector or "nobody"
    return f"{local(one.opened_ms / 1000)}  {one.id:<32} {one.state:<9} {whose}"
