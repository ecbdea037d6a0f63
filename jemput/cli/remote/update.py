"""`jemput device update`: releases of the firmware, to a few devices first."""

import os
import re
import secrets
import sys
from pathlib import Path
from typing import Annotated, Final

import typer

from jemput.cli.console import print_rows, who
from jemput.cli.options import AsJson, Database, GroupName
from jemput.cli.remote.chosen import Bins, Everybody, Names, Sites, chosen, open_devices
from jemput.cli.remote.compiling import compiled
from jemput.cli.telling import local
from jemput.remote import update
from jemput.remote.rollout import FIRST, stages
from jemput.remote.update import KEY_BYTES, Release
from jemput.settings import refuse_read_by_others
from jemput.store.clock import wall_ms
from jemput.store.due import DueWords
from jemput.store.rollouts import Rollout, Rollouts, State

VERSION: Final = re.compile(r'^VERSION = "([^"]+)"$', re.MULTILINE)
SUFFIXES: Final = (".py", ".mpy")
KeyFile = Annotated[
    Path, typer.Option("--key", help="The town's key, of `new-key`; keep it off the server.")
]
app = typer.Typer(no_args_is_help=True, help="Another firmware, to a few devices first.")


@app.command("new-key")
def new_key(file: Annotated[Path, typer.Argument(help="Where to; 0600.")]) -> None:
    """Make the town's key, once. Whoever has it can put any firmware on any device."""
    if file.exists():
        raise typer.BadParameter(f"{file} is there already: devices know it, so keep it")
    handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="ascii") as lines:
        lines.write(secrets.token_hex(KEY_BYTES) + "\n")
    sys.stdout.write(f"{file}: copy it to a safe place; without it no device can be updated\n")


@app.command("key")
def key(
    devices: Annotated[list[str], typer.Argument(help="Ids of devices.")], town: KeyFile
) -> None:
    """Print devices' own keys, `update_key` of what is flashed."""
    town_key = read_key(town)
    for device in devices:
        sys.stdout.write(f"{device},{update.device_key(town_key, device).hex()}\n")


@app.command("compile")
def compile_folder(
    folder: Annotated[Path, typer.Argument(help="Holds `firmware/`, of .py files.")],
    target: Annotated[Path, typer.Argument(help="A new folder, for the .mpy files.")],
) -> None:
    """Make bytecode of the firmware, as boards with little memory need it."""
    if target.exists():
        raise typer.BadParameter(f"{target} is there already: name a new folder")
    for path, content in compiled(read_files(folder)).items():
        file = target / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
    sys.stdout.write(f"bytecode is in {target}: publish it with --version\n")


@app.command("publish")
def publish(  # noqa: PLR0913, PLR0917 - flags
    folder: Annotated[Path, typer.Argument(help="Holds `firmware/`, of .mpy or .py files.")],
    town: KeyFile,
    version: Annotated[str | None, typer.Option(help="Else as firmware/version.py says.")] = None,
    names: Names = None,
    bins: Bins = None,
    sites: Sites = None,
    everybody: Everybody = False,  # noqa: FBT002 - a flag
    first: Annotated[int, typer.Option(min=1, help="So many devices at first.")] = FIRST,
    patience_h: Annotated[
        int, typer.Option("--patience-hours", min=1, help="Stop when some are not back by then.")
    ] = 24,
    database: Database = None,
    group: GroupName = None,
) -> None:
    """Put a release on its way: `--first` devices, more once they are back, and so on.

    It stops by itself where a device refuses it, rolls back, or is not back in time.
    """
    release, town_key = read_release(folder, version), read_key(town)
    devices, now_ms = open_devices(database, group), wall_ms()
    found = chosen(devices, names, bins, sites, everybody=everybody)
    heard_s = {one.id: one.heard.heard_at_s if one.heard else None for one in found}
    planned = stages(heard_s, now_ms // 1000, first)
    keys = {device: update.device_key(town_key, device) for device in heard_s}
    number = Rollouts(devices.registry).publish(
        release, keys, planned, patience_s=patience_h * 3600, by=who(), now_ms=now_ms
    )
    sizes = " then ".join(str(len(one)) for one in planned.waited) or "none"
    sys.stdout.write(
        f"release {number} ({release.version}, {len(release.pieces) - 1} files) is on its way: "
        f"{sizes} devices; {len(planned.silent)} not heard for a day are told at the end\n"
    )


@app.command("list")
def list_rollouts(
    database: Database = None,
    group: GroupName = None,
    as_json: AsJson = False,  # noqa: FBT002 - a flag
) -> None:
    """List releases, newest first, and how far each came."""
    listed = Rollouts(open_devices(database, group).registry).list()
    print_rows(listed, map(_told, listed), as_json=as_json)


@app.command("stop")
def stop(
    number: Annotated[int, typer.Argument(help="The release.")],
    why: Annotated[str, typer.Option(help="For the audit log.")] = "a person stopped it",
    database: Database = None,
    group: GroupName = None,
) -> None:
    """Tell it to nobody else, and take it back from whoever has not begun."""
    rollouts = Rollouts(open_devices(database, group).registry)
    rollouts.stop(number, why, by=who(), now_ms=wall_ms())
    sys.stdout.write(f"release {number} is stopped\n")


@app.command("say-again")
def say_again(database: Database = None, group: GroupName = None) -> None:
    """Say all that a broker retains once more, to one that lost it."""
    due = DueWords(open_devices(database, group).registry)
    due.say_again(by=who(), now_ms=wall_ms())
    sys.stdout.write("configurations, manifests and files are said again\n")


def read_key(file: Path) -> bytes:
    """The town's key. Raises `typer.BadParameter` or `SettingsError`."""
    refuse_read_by_others(file)
    try:
        found = bytes.fromhex(file.read_text(encoding="ascii").strip())
    except (OSError, ValueError) as error:
        message = f"{file} holds no key ({error}): `jemput device update new-key` makes one"
        raise typer.BadParameter(message) from error
    if len(found) != KEY_BYTES:
        raise typer.BadParameter(f"{file} holds no key of {KEY_BYTES} bytes")
    return found


def read_files(folder: Path) -> dict[str, bytes]:
    """The firmware's files below a folder, by path. Raises `typer.BadParameter`."""
    root = folder / "firmware"
    if not root.is_dir():
        raise typer.BadParameter(f"there is no {root}: name the folder that holds firmware/")
    return {
        file.relative_to(folder).as_posix(): file.read_bytes()
        for file in sorted(root.rglob("*"))
        if file.is_file() and file.suffix in SUFFIXES
    }


def read_release(folder: Path, version: str | None) -> Release:
    """A release from a folder. Raises `ReleaseError` or `typer.BadParameter`."""
    files = read_files(folder)
    source = files.get("firmware/version.py", b"").decode(errors="replace")
    found = VERSION.search(source)
    named = version or (found[1] if found else None)
    if named is None:
        raise typer.BadParameter("say --version, as firmware/version.py has it")
    if found and found[1] != named:
        raise typer.BadParameter(f"--version is {named}, and firmware/version.py says {found[1]}")
    return update.release(named, files)


def _told(one: Rollout) -> str:
    devices = sum(map(len, one.stages.waited)) + len(one.stages.silent)
    how = one.state.value
    if one.state is State.RUNNING:
        how = f"stage {one.stage + 1} of {len(one.stages.waited)}, since {local(one.opened_s)}"
    why = f": {one.why}" if one.why else ""
    return f"{one.number}  {one.version}  {local(one.made_at_s)}  {devices} devices  {how}{why}"
