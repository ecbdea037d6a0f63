"""`jemput claim`: secrets with which a device asks for its account, while somebody lets it."""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from jemput.broker.account import claim_account, new_password
from jemput.broker.files import put_file
from jemput.broker.hashing import hashed
from jemput.cli.console import print_rows, who
from jemput.cli.options import AsJson, Database, GroupName, open_existing
from jemput.cli.telling import local
from jemput.hashes import Hashes
from jemput.ids import check_id
from jemput.known import check_site
from jemput.store.broker_accounts import ANY_SITE
from jemput.store.claims import Claim, Claims
from jemput.store.clock import wall_ms
from jemput.store.registry import RegistryStore

Name = Annotated[str, typer.Argument(metavar="DEVICE", help="The device's id.")]
app = typer.Typer(
    no_args_is_help=True, help="Secrets with which devices ask for their accounts, once allowed."
)


@app.command("make")
def make(
    names: Annotated[list[str], typer.Argument(help="Ids of devices.")],
    site: Annotated[str, typer.Option(help="The only site they may speak for.")] = ANY_SITE,
    table: Annotated[Path | None, typer.Option("--csv", help="Write them here, 0600.")] = None,
    database: Database = None,
    group: GroupName = None,
) -> None:
    """Make a claim for each device, shown this once; it opens nothing until it is allowed."""
    secrets = {check_id("device", one): new_password() for one in names}
    if table is not None and table.exists():
        raise typer.BadParameter(f"{table} is there already: name another file")
    hashes = {device: hashed(secret) for device, secret in secrets.items()}
    engine, name = open_existing(database, group)
    if site != ANY_SITE:
        check_site(RegistryStore(engine, name).look(), site)
    claims = Claims(engine, name)
    if table is not None:
        put_file(table, _table(secrets))
    try:
        claims.make(hashes, by=who(), now_ms=wall_ms(), site=site)
    except ValueError:
        if table is not None:
            table.unlink()
        raise
    told = f"{len(secrets)} claims in {table}\n"
    sys.stdout.write(_table(secrets) if table is None else told)


@app.command("allow")
def allow(name: Name, database: Database = None, group: GroupName = None) -> None:
    """Let a device ask for its account: once, and for seven days at most."""
    claim = _claims(database, group).allow(name, by=who(), now_ms=wall_ms())
    sys.stdout.write(f"{name} may ask for its account until {_until(claim)}\n")


@app.command("close")
def close(name: Name, database: Database = None, group: GroupName = None) -> None:
    """Let it ask no more; it may be allowed again."""
    _claims(database, group).close(name, by=who(), now_ms=wall_ms())
    sys.stdout.write(f"{name} may not ask for its account\n")


@app.command("list")
def list_claims(
    database: Database = None,
    group: GroupName = None,
    as_json: AsJson = False,  # noqa: FBT002 - a flag
) -> None:
    """List every claim, and which devices may ask now."""
    listed = _claims(database, group).list()
    print_rows(listed, map(_told, listed), as_json=as_json)


def _claims(database: str | None, group: str | None) -> Claims:
    return Claims(*open_existing(database, group))


def _table(secrets: Mapping[str, str]) -> str:
    rows = [
        f"{device},{claim_account(device, Hashes('', '')).name},{secret}\n"
        for device, secret in secrets.items()
    ]
    return "".join(["device,user,secret\n", *rows])


def _told(one: Claim) -> str:
    if one.open_until_ms is None:
        return f"{one.device}  closed"
    return f"{one.device}  may ask until {_until(one)}"


def _until(one: Claim) -> str:
    return local((one.open_until_ms or 0) / 1000)
