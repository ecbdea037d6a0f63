"""A base of a PostgreSQL: its own pg_dump, to be put back by its own pg_restore.

FOLDER/jemput-20260301T010000Z.dump   the whole database at one moment, in pg_dump's custom format
"""

import os
import re
import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from psycopg.conninfo import make_conninfo
from sqlalchemy import Engine

from jemput.store.backup import STAMP
from jemput.store.database import OURS_ALONE, SchemaError

DUMP: Final = re.compile(r"jemput-(\d{8}T\d{6}Z)\.dump")
DEBIANS: Final = Path("/usr/lib/postgresql")


def dumps(folder: Path) -> list[Path]:
    """Every dump, oldest first."""
    return sorted(file for file in folder.iterdir() if DUMP.fullmatch(file.name))


def write_dump(engine: Engine, folder: Path, now_s: float) -> Path:
    """Dump a PostgreSQL while it is written to, and read the dump once. Raises `SchemaError`."""
    file = folder / f"jemput-{datetime.fromtimestamp(now_s, UTC).strftime(STAMP)}.dump"
    partial = file.with_suffix(".partial")
    partial.unlink(missing_ok=True)
    os.close(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, OURS_ALONE))
    address, password = _address(engine)
    try:
        flags = ("--format=custom", "--no-owner", "--no-password")
        _run("pg_dump", password, *flags, f"--file={partial}", f"--dbname={address}")
        _run("pg_restore", "", f"--file={os.devnull}", str(partial))
        with partial.open("rb") as dumped:
            os.fsync(dumped.fileno())
    except BaseException:
        partial.unlink(missing_ok=True)
        raise
    partial.replace(file)
    return file


def _address(engine: Engine) -> tuple[str, str]:
    """Where the database is, and the password by itself: whoever lists processes sees the first."""
    told: dict[str, Any] = dict(engine.dialect.create_connect_args(engine.url)[1])
    password = told.pop("password", None) or ""
    address = {name: str(value) for name, value in told.items() if isinstance(value, str | int)}
    return make_conninfo(**address), str(password)


def _run(name: str, password: str, *arguments: str) -> None:
    told = os.environ | ({"PGPASSWORD": password} if password else {})
    done = subprocess.run(  # noqa: S603 - PostgreSQL's own programs, with our own arguments
        [find(name), *arguments], env=told, capture_output=True, text=True, check=False
    )
    if done.returncode:
        said = (done.stderr.strip() or "it said nothing").splitlines()[-1]
        raise SchemaError(f"{name} failed: {said}")


def find(name: str) -> Path:
    """The newest that is there: an older one does not dump a newer server."""
    known = sorted(DEBIANS.glob(f"*/bin/{name}"), key=_version)
    found = known[-1] if known else shutil.which(name)
    if found is None:
        raise SchemaError(f"{name} is missing: sudo apt-get install postgresql-client")
    return Path(found)


def _version(file: Path) -> float:
    text = file.parent.parent.name
    return float(text) if re.fullmatch(r"\d+(\.\d+)?", text) else 0.0
