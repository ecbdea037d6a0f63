"""`jemput collector`: accounts at the MQTT broker for collectors' own apps."""

import sys
from typing import Annotated

import typer

from jemput.broker.account import collector_account, new_password
from jemput.broker.hashing import hashed
from jemput.cli.console import print_rows, who
from jemput.cli.options import AsJson, Database, GroupName, open_existing
from jemput.cli.telling import local
from jemput.hashes import Hashes
from jemput.store.clock import wall_ms
from jemput.store.collector_accounts import CollectorAccount, CollectorAccounts
from jemput.store.registry import RegistryStore

Name = Annotated[str, typer.Argument(metavar="COLLECTOR", help="The collector's id.")]
app = typer.Typer(no_args_is_help=True, help="MQTT accounts of collectors' own apps.")


@app.command("provision")
def provision(name: Name, database: Database = None, group: GroupName = None) -> None:
    """Let a collector's app in, which hears their own alerts only; shown this once."""
    password = new_password()
    _kept(database, group).provision(name, hashed(password), by=who(), now_ms=wall_ms())
    _show(name, password)


@app.command("rotate")
def rotate(name: Name, database: Database = None, group: GroupName = None) -> None:
    """Give it another password, shown this once; the old one ends in seconds."""
    password = new_password()
    _kept(database, group).rotate(name, hashed(password), by=who(), now_ms=wall_ms())
    _show(name, password)


@app.command("revoke")
def revoke(name: Name, database: Database = None, group: GroupName = None) -> None:
    """End it; the broker cuts it off in seconds. The collector stays, with the other channels."""
    _kept(database, group).revoke(name, by=who(), now_ms=wall_ms())
    sys.stdout.write(f"the MQTT account of {name} is revoked\n")


@app.command("list")
def list_accounts(
    database: Database = None,
    group: GroupName = None,
    as_json: AsJson = False,  # noqa: FBT002 - a flag
) -> None:
    """List every account, and whether alerts go there."""
    listed = _kept(database, group).list()
    print_rows(listed, map(_told, listed), as_json=as_json)


def _kept(database: str | None, group: str | None) -> CollectorAccounts:
    return CollectorAccounts(RegistryStore(*open_existing(database, group)))


def _show(name: str, password: str) -> None:
    account = collector_account(name, Hashes("", ""))
    sys.stdout.write(
        f"user {account.name}\npassword (shown this once): {password}\n"
        f"topic {account.subscribe[0]}\n"
    )


def _told(one: CollectorAccount) -> str:
    if one.revoked_ms is not None:
        return f"{one.collector}  revoked {local(one.revoked_ms / 1000)}"
    since = local((one.rotated_ms or one.created_ms) / 1000)
    told = "" if one.is_told else "  no alert goes there: retired, or without the channel mqtt"
    return f"{one.collector}  may hear, password since {since}{told}"
