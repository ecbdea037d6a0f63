"""The machine: its clock, and the disk that the database is on."""

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from sqlalchemy.engine import make_url

from jemput.cli.doctor.finding import Finding, bad, doubt, good

LEAST_FREE_BYTES: Final = 200 * 2**20
LITTLE_FREE_BYTES: Final = 2 * 2**30


def clock() -> Iterator[Finding]:
    """Whether something keeps the clock right: silence and age are judged by it."""
    timedatectl = shutil.which("timedatectl")
    said = ""
    if timedatectl:
        command = [timedatectl, "show", "--property=NTPSynchronized", "--value"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - systemd's own
        said = done.stdout.strip()
    if said == "yes":
        yield good("clock", "is kept right by NTP")
    elif said == "no":
        remedy = "sudo timedatectl set-ntp true"
        yield doubt("clock", "nothing keeps it right: silence and age are judged by it", remedy)
    else:
        remedy = "on a machine of its own, let systemd-timesyncd or chrony keep it"
        yield doubt("clock", "it cannot be told whether anything keeps it right", remedy)


def disk(database_url: str, broker_folder: Path | None = None) -> Iterator[Finding]:
    """Whether the disks of an SQLite database and of our own broker have room."""
    url = make_url(database_url)
    if url.get_backend_name() == "sqlite" and url.database:
        yield from _room(Path(url.database).absolute().parent, url.database)
    if broker_folder is not None and broker_folder.is_dir():
        yield from _room(broker_folder, str(broker_folder))


def _room(folder: Path, name: str) -> Iterator[Finding]:
    free = shutil.disk_usage(folder).free
    sentence = f"{free / 2**30:.1f} GiB are free where {name} is"
    if free < LEAST_FREE_BYTES:
        yield bad("disk", sentence, "make room, then `jemput journal prune`")
    elif free < LITTLE_FREE_BYTES:
        yield doubt("disk", sentence, "make room, or keep less: `jemput journal prune --keep 30d`")
    else:
        yield good("disk", sentence)
