"""`jemput certificate`: what the servers show, how long it holds, and a new one in its place."""

import sys
import time
from pathlib import Path
from typing import Annotated, Final

import msgspec
import typer
from msgspec import Struct

from jemput.cli.options import AsJson
from jemput.cli.tls.authority import days_left, names_of
from jemput.cli.tls.folder import SERVER, Certificates, read
from jemput.settings import read_settings, variable

DUE_DAYS: Final = 30
app = typer.Typer(no_args_is_help=True, help="The certificate of broker and API.")


class Told(Struct, frozen=True):
    """One certificate."""

    what: str
    file: str
    names: list[str]
    until: str
    days_left: int


@app.command()
def show(as_json: AsJson = False) -> None:  # noqa: FBT002 - a flag
    """Say which names it is good for, until when, and how many days are left."""
    found = _certificates()
    told = [_told("server", found.server), _told("CA", found.authority)]
    if as_json:
        sys.stdout.write(msgspec.json.encode(told).decode() + "\n")
        return
    for one in told:
        names = f" for {', '.join(one.names)}" if one.names else ""
        sys.stdout.write(f"{one.what:<7} {one.days_left} days left, until {one.until}{names}\n")
        sys.stdout.write(f"        {one.file}\n")


@app.command()
def renew(
    if_due: Annotated[  # noqa: FBT002 - a flag
        bool, typer.Option("--if-due", help=f"Only where less than {DUE_DAYS} days are left.")
    ] = False,
    name: Annotated[
        list[str] | None,
        typer.Option(help="Also good for this name or address; may be repeated."),
    ] = None,
) -> None:
    """Put a new certificate and key in place; broker and API take it without a restart."""
    found, now_s = _certificates(), time.time()
    left = days_left(read(found.server), now_s)
    if if_due and left >= DUE_DAYS:
        sys.stdout.write(f"not due: {left} days are left\n")
        return
    renewed = found.renew(name or [], now_s)
    sys.stdout.write(f"renewed: {days_left(renewed, now_s)} days, {', '.join(names_of(renewed))}\n")
    if (authority := days_left(read(found.authority), now_s)) < DUE_DAYS:
        sys.stderr.write(
            f"the CA itself ends in {authority} days: see docs/operations.md, rotate the CA\n"
        )


def _certificates() -> Certificates:
    """As `jemput init` laid them. Raises `ValueError` for certificates from elsewhere."""
    file: Path | None = read_settings().broker_certificate_file
    if file is None or file.name != SERVER:
        message = (
            f"{variable('broker_certificate_file')} names no {SERVER} that `jemput init` made: "
            "whoever made yours renews it"
        )
        raise ValueError(message)
    return Certificates(file.parent)


def _told(what: str, file: Path) -> Told:
    certificate = read(file)
    until = f"{certificate.not_valid_after_utc:%Y-%m-%d %H:%M} UTC"
    left = days_left(certificate, time.time())
    return Told(what, str(file), names_of(certificate), until, left)
