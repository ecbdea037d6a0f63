"""`jemput account`, `jemput key` and `jemput audit`: who may use the API, and who changed what."""

import getpass
import secrets
import sys
from typing import Annotated

import msgspec
import typer

from jemput.cli.console import print_rows, who
from jemput.cli.options import AsJson, Database, open_existing
from jemput.cli.telling import local
from jemput.roles import Role, User
from jemput.store.accounts import Account, Accounts
from jemput.store.audit import AuditLog, Line
from jemput.store.clock import wall_ms
from jemput.store.credentials import Credentials, Key

accounts_app = typer.Typer(no_args_is_help=True, help="Who may use the API.")
keys_app = typer.Typer(no_args_is_help=True, help="Keys that programs open the API with.")
Name = Annotated[str, typer.Argument(help="A name of a-z, 0-9 and '-'; a collector's is their id.")]


@accounts_app.command("put")
def put(
    name: Name,
    role: Annotated[Role, typer.Option(help="What they may do.")],
    site: Annotated[list[str] | None, typer.Option(help="Only this site; may be repeated.")] = None,
    ask: Annotated[bool, typer.Option("--ask", help="Ask for the password.")] = False,  # noqa: FBT002 - a flag
    database: Database = None,
) -> None:
    """Make an account, or change one; a password that is made is printed this once."""
    password = getpass.getpass("Password: ") if ask else secrets.token_urlsafe(12)
    user = User(name, role, tuple(site or ()))
    _accounts(database).put(user, by=who(), now_ms=wall_ms(), password=password)
    where = ", ".join(user.sites) or "every site"
    sys.stdout.write(f"{name} is {role} of {where}\n")
    if not ask:
        sys.stdout.write(f"password (shown this once): {password}\n")


@accounts_app.command("retire")
def retire(name: Name, database: Database = None) -> None:
    """Close an account; its keys and sessions end at once."""
    _accounts(database).retire(name, by=who(), now_ms=wall_ms())
    sys.stdout.write(f"{name} is retired\n")


@accounts_app.command("list")
def list_accounts(database: Database = None, as_json: AsJson = False) -> None:  # noqa: FBT002 - a flag
    """List every account."""
    listed = _accounts(database).list()
    print_rows(
        [msgspec.to_builtins(one) for one in listed], map(_told_account, listed), as_json=as_json
    )


@keys_app.command("make")
def make(
    name: Name,
    label: Annotated[str, typer.Option(help="What it is for.")],
    days: Annotated[int | None, typer.Option(min=1, help="Ends by itself after so many.")] = 365,
    database: Database = None,
) -> None:
    """Make a key for an account; it is printed this once."""
    key, token = _credentials(database).make_key(name, label, days, by=who(), now_ms=wall_ms())
    sys.stdout.write(f"key {key.id} (shown this once): {token}\n")


@keys_app.command("revoke")
def revoke(
    key: Annotated[str, typer.Argument(help="Its id: `jemput key list`.")],
    database: Database = None,
) -> None:
    """End a key now."""
    _credentials(database).revoke_key(key, by=who(), now_ms=wall_ms())
    sys.stdout.write(f"key {key} is revoked\n")


@keys_app.command("list")
def list_keys(database: Database = None, as_json: AsJson = False) -> None:  # noqa: FBT002 - a flag
    """List every key, without what opens."""
    listed = _credentials(database).list_keys()
    print_rows(listed, map(_told_key, listed), as_json=as_json)


def show_audit(  # noqa: PLR0913, PLR0917 - every option is a plain flag
    who: Annotated[str | None, typer.Option(help="Only by this account.")] = None,
    kind: Annotated[str | None, typer.Option(help="Only of account, key, bin, …")] = None,
    thing: Annotated[str | None, typer.Option(help="Only of the thing of this id.")] = None,
    most: Annotated[int, typer.Option("--last", min=1, help="How many lines.")] = 20,
    database: Database = None,
    as_json: AsJson = False,  # noqa: FBT002 - a flag
) -> None:
    """Print who changed what, newest first."""
    engine, _ = open_existing(database, None)
    lines = AuditLog(engine).search(who=who, kind=kind, thing=thing, most=most)
    print_rows(lines, map(_told_line, lines), as_json=as_json)


def _accounts(database: str | None) -> Accounts:
    return Accounts(open_existing(database, None)[0])


def _credentials(database: str | None) -> Credentials:
    return Credentials(open_existing(database, None)[0])


def _told_account(one: Account) -> str:
    where = ", ".join(one.user.sites) or "every site"
    state = "" if one.retired_ms is None else f" · retired {local(one.retired_ms / 1000)}"
    return f"{one.user.name:<20} {one.user.role:<13} {where}{state}"


def _told_key(one: Key) -> str:
    until = "for ever" if one.expires_ms is None else f"until {local(one.expires_ms / 1000)}"
    state = until if one.revoked_ms is None else f"revoked {local(one.revoked_ms / 1000)}"
    return f"{one.id}  {one.account:<20} {state} · {one.label}"


def _told_line(one: Line) -> str:
    changed = f"\n    {one.before or '-'}\n    → {one.after or '-'}" if one.before else ""
    return f"{local(one.at_ms / 1000)}  {one.who} {one.what} {one.kind} {one.thing}{changed}"
