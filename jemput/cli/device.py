"""`jemput device`: accounts of devices at the broker, and on which bin each hangs."""

import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Final

import typer

from jemput.broker.account import new_password
from jemput.broker.files import put_file
from jemput.broker.hashing import hashed
from jemput.cli.console import print_rows, who
from jemput.cli.labels.label import of_devices
from jemput.cli.labels.printing import Speaks, Url, check_file, leads_to, words_in, write
from jemput.cli.options import AsJson, Database, GroupName, open_existing
from jemput.cli.telling import local
from jemput.ids import check_id
from jemput.known import check_site
from jemput.store.broker_accounts import ANY_SITE, BrokerAccountError
from jemput.store.clock import wall_ms
from jemput.store.devices import Device, Devices
from jemput.store.registry import RegistryStore
from jemput.store.strangers import Stranger

MOST_AT_ONCE: Final = 10_000
Name = Annotated[str, typer.Argument(help="The device's id: 1 to 32 of a-z, 0-9 and '-'.")]
BinName = Annotated[str, typer.Argument(metavar="BIN", help="The bin's id.")]
Since = Annotated[
    int | None, typer.Option("--from", metavar="UNIX_S", help="Since when; else as it says here.")
]
app = typer.Typer(no_args_is_help=True, help="Devices: who may speak, and on which bin each hangs.")


@app.command("provision")
def provision(  # noqa: PLR0913, PLR0917 - flags
    names: Annotated[list[str] | None, typer.Argument(help="Ids of devices.")] = None,
    count: Annotated[int, typer.Option(min=0, max=MOST_AT_ONCE, help="So many more.")] = 0,
    prefix: Annotated[str, typer.Option(help="How the ids of --count begin.")] = "d",
    site: Annotated[str, typer.Option(help="The only site they may speak for.")] = ANY_SITE,
    table: Annotated[Path | None, typer.Option("--csv", help="Write them here, 0600.")] = None,
    labels: Annotated[Path | None, typer.Option(help="Write labels to print, an .html.")] = None,
    url: Url = None,
    language: Speaks = "id",
    database: Database = None,
    group: GroupName = None,
) -> None:
    """Make accounts for devices, which may speak in seconds; passwords are shown this once."""
    devices = _devices(database, group)
    if site != ANY_SITE:
        check_site(devices.registry.look(), site)
    address = leads_to(url) if check_file(labels) else ""
    wanted = [*(names or ()), *_numbered(devices, prefix, count)]
    if not wanted:
        raise typer.BadParameter("name devices, or say how many: --count 20 --prefix pakam")
    passwords = {check_id("device", one): new_password() for one in wanted}
    _let_in(devices, passwords, site, table)
    if labels is not None:
        made = of_devices(
            devices.registry.look(),
            passwords,
            now_s=wall_ms() // 1000,
            url=address,
            words=words_in(language),
            site="" if site == ANY_SITE else site,
        )
        write(labels, list(made), language)
        sys.stderr.write(f"{len(passwords)} labels in {labels}\n")


@app.command("rotate")
def rotate(name: Name, database: Database = None, group: GroupName = None) -> None:
    """Give a device another password, shown this once; the old one ends in seconds."""
    devices, password = _devices(database, group), new_password()
    _of_group(devices, name)
    devices.accounts.rotate(name, hashed(password), by=who(), now_ms=wall_ms())
    sys.stdout.write(f"password of {name} (shown this once): {password}\n")


@app.command("revoke")
def revoke(name: Name, database: Database = None, group: GroupName = None) -> None:
    """End a device's account; the broker cuts it off in seconds. Its history stays."""
    devices = _devices(database, group)
    _of_group(devices, name)
    devices.accounts.revoke(name, by=who(), now_ms=wall_ms())
    sys.stdout.write(f"{name} is revoked\n")


@app.command("bind")
def bind(
    name: Name,
    bin_: BinName,
    from_s: Since = None,
    database: Database = None,
    group: GroupName = None,
) -> None:
    """Hang a device on a bin, since it was first heard: what is held of it is the bin's."""
    devices = _devices(database, group)
    since_s = devices.bind(name, bin_, by=who(), now_ms=wall_ms(), from_s=from_s)
    sys.stdout.write(f"{name} hangs on bin {bin_} since {local(since_s)}\n")
    _warn_without_account(devices, name)


@app.command("take-down")
def take_down(
    name: Name, from_s: Since = None, database: Database = None, group: GroupName = None
) -> None:
    """Take a device from its bin, now; the history stays with the bin."""
    bin_id = _devices(database, group).take_down(name, by=who(), now_ms=wall_ms(), from_s=from_s)
    sys.stdout.write(f"{name} no longer hangs on bin {bin_id}\n")


@app.command("swap")
def swap(
    bin_: BinName,
    name: Name,
    from_s: Since = None,
    database: Database = None,
    group: GroupName = None,
) -> None:
    """Hang another device on a bin, now; the history stays with the bin."""
    devices = _devices(database, group)
    old = devices.swap(bin_, name, by=who(), now_ms=wall_ms(), from_s=from_s)
    sys.stdout.write(f"{name} hangs on bin {bin_} in place of {old}; `revoke` ends what is gone\n")
    _warn_without_account(devices, name)


@app.command("list")
def list_devices(
    database: Database = None,
    group: GroupName = None,
    as_json: AsJson = False,  # noqa: FBT002 - a flag
) -> None:
    """List every device: its account, and on which bin it hangs since when."""
    listed = _devices(database, group).list(wall_ms() // 1000)
    print_rows(listed, map(_told_device, listed), as_json=as_json)


@app.command("strangers")
def strangers(
    database: Database = None,
    group: GroupName = None,
    as_json: AsJson = False,  # noqa: FBT002 - a flag
) -> None:
    """Somebody is talking: list devices that hang on no bin, and what is held of each."""
    devices = _devices(database, group)
    listed = devices.strangers.listed(devices.registry.look(), wall_ms() // 1000)
    print_rows(listed, map(_told_stranger, listed), as_json=as_json)


def _devices(database: str | None, group: str | None) -> Devices:
    return Devices(RegistryStore(*open_existing(database, group)))


def _warn_without_account(devices: Devices, name: str) -> None:
    """A mistyped id hangs where the right one should."""
    if devices.accounts.get(name) is None:
        sys.stderr.write(f"{name} {_no_account(name)}\n")


def _no_account(name: str) -> str:
    return f"has no account: `jemput device provision {name}`, or is it mistyped?"


def _of_group(devices: Devices, name: str) -> None:
    account = devices.accounts.get(check_id("device", name))
    if account is not None and account.group != devices.group:
        raise BrokerAccountError(f"device {name} is of group {account.group}: name it by --group")


def _numbered(devices: Devices, prefix: str, count: int) -> Iterable[str]:
    """Ids that no account has yet, in order."""
    taken = {one.name for one in devices.accounts.list()}
    number = 0
    while count:
        number += 1
        name = f"{prefix}-{number:04d}"
        if name not in taken:
            count -= 1
            yield name


def _let_in(devices: Devices, passwords: Mapping[str, str], site: str, table: Path | None) -> None:
    """Make the accounts, or none of them and no file; say the passwords."""
    text = "".join(
        f"{name},{word}\n" for name, word in [("device", "password"), *passwords.items()]
    )
    if table is not None:
        _keep(table, text)
    try:
        hashes = {name: hashed(password) for name, password in passwords.items()}
        devices.accounts.provision(devices.group, hashes, by=who(), now_ms=wall_ms(), site=site)
    except ValueError:
        if table is not None:
            table.unlink()
        raise
    told = f"{len(passwords)} devices in {table}, with their passwords\n"
    sys.stdout.write(text if table is None else told)


def _keep(table: Path, text: str) -> None:
    """Passwords are on the disk before any of them is good for anything."""
    if table.exists():
        raise typer.BadParameter(f"{table} is there already: name another file")
    put_file(table, text)


def _told_device(one: Device) -> str:
    where = f"on bin {one.bin} since {local(one.from_s or 0)}" if one.bin else "on no bin"
    if one.account is None:
        return f"{one.id}  {where}  {_no_account(one.id)}"
    return f"{one.id}  {where}  {'revoked' if one.is_revoked else 'may speak'}"


def _told_stranger(one: Stranger) -> str:
    spoke = f"{local(one.first_at_s)} to {local(one.last_at_s)}"
    last = "" if one.last_distance_mm is None else f", last {one.last_distance_mm} mm"
    refused = "".join(f", {count} {reason}" for reason, count in one.quarantined.items())
    return f"{one.device}  {one.held} readings held{last}{refused}  {spoke}"
