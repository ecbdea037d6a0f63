"""`jemput backup` and `jemput restore`: while it runs, and onto an empty machine."""

import sys
import time
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.console import Console
from sqlalchemy import Engine
from sqlalchemy.engine import make_url

from jemput.cli.options import Database, open_existing
from jemput.settings import read_settings
from jemput.store import backup
from jemput.store.database import open_database
from jemput.store.restore import restore

DAY_S: Final = 86_400
OURS_ALONE: Final = 0o700


def backup_command(
    folder: Annotated[Path, typer.Argument(help="Where backups are kept.")],
    database: Database = None,
    full: Annotated[bool, typer.Option("--full", help="A base, however new the last.")] = False,  # noqa: FBT002 - a flag
    keep: Annotated[int, typer.Option(min=1, help="How many bases stay.")] = 14,
) -> None:
    """Copy the database while it runs: a base a day, and segments of the journal behind it."""
    raise typer.Exit(run_backup(folder, database, full=full, keep=keep))


def restore_command(
    folder: Annotated[Path, typer.Argument(help="Where backups are kept.")],
    database: Database = None,
    base: Annotated[Path | None, typer.Option(help="Else the newest.")] = None,
) -> None:
    """Put a backup where nothing is: the base and every entry behind it."""
    raise typer.Exit(run_restore(folder, database, base))


def run_backup(folder: Path, database: str | None, *, full: bool, keep: int) -> int:
    """Take a base where the last is a day old, and close segments up to now."""
    engine, _ = open_existing(database, None)
    folder.mkdir(mode=OURS_ALONE, parents=True, exist_ok=True)
    now_s = time.time()
    if engine.dialect.name == "postgresql":
        return _dump(engine, folder, now_s, keep)
    known, before = backup.bases(folder), backup.segments(folder)
    for segment in backup.write_segments(engine, folder, _covered(folder, known)) if known else ():
        sys.stdout.write(f"{segment.file.name}: {segment.last - segment.first + 1} entries\n")
    if full or not known or now_s - backup.taken_at_s(known[-1]) >= DAY_S:
        base = backup.write_base(engine, folder, now_s)
        sys.stdout.write(f"{base.name}: {base.stat().st_size / 2**20:.1f} MiB, checked\n")
    if backup.bases(folder) == known and backup.segments(folder) == before:
        sys.stdout.write("nothing new\n")
    for old in _forget_old(folder, keep):
        sys.stdout.write(f"{old}: older than the last {keep} bases, deleted\n")
    return 0


def _dump(engine: Engine, folder: Path, now_s: float, keep: int) -> int:
    """A PostgreSQL is dumped whole, each time: it keeps a log of its own between."""
    from jemput.store import dump  # noqa: PLC0415 - only whoever has a PostgreSQL has its driver

    try:
        made = dump.write_dump(engine, folder, now_s)
    finally:
        engine.dispose()
    sys.stdout.write(f"{made.name}: {made.stat().st_size / 2**20:.1f} MiB, checked\n")
    for old in dump.dumps(folder)[:-keep]:
        old.unlink()
        sys.stdout.write(f"{old.name}: older than the last {keep} dumps, deleted\n")
    return 0


def run_restore(folder: Path, database: str | None, base: Path | None) -> int:
    """Put the newest base, or `base`, and what came behind it where nothing is."""
    known = backup.bases(folder) if folder.is_dir() else []
    if base is None and not known:
        raise ValueError(
            f"there is no base in {folder}: a base is called jemput-…Z.db; what is called "
            "jemput-…Z.dump is a PostgreSQL's: pg_restore --no-owner --dbname=EMPTY FILE"
        )
    to = _empty_place(database or read_settings().database_url)
    chosen = base or known[-1]
    with Console(stderr=True).status(f"restoring {chosen.name}") as status:
        heads = restore(
            chosen, folder, to, lambda group, at: status.update(f"group {group}: entry {at}")
        )
    for group, head in sorted(heads.items()):
        sys.stdout.write(f"group {group} stands at entry {head}\n")
    sys.stdout.write(
        f"{to} is as it was. Alerts that were on their way may come again under the same key.\n"
        "Stop every ingester that still runs on the old database before you start one here.\n"
    )
    return 0


def _covered(folder: Path, known: list[Path]) -> dict[str, int]:
    """Up to where the newest base and the segments go already, group by group."""
    covered = _heads(known[-1])
    for segment in backup.segments(folder):
        covered[segment.group] = max(covered.get(segment.group, 0), segment.last)
    return covered


def _heads(base: Path) -> dict[str, int]:
    engine = open_database(f"sqlite:///file:{base}?mode=ro&immutable=1&uri=true")
    try:
        return backup.heads(engine)
    finally:
        engine.dispose()


def _forget_old(folder: Path, keep: int) -> list[str]:
    """Delete bases beyond the newest `keep`, and segments that no base is left for."""
    known = backup.bases(folder)
    gone = known[:-keep]
    if gone:
        oldest = _heads(known[-keep])
        gone += [
            one.file for one in backup.segments(folder) if one.last <= oldest.get(one.group, 0)
        ]
    for file in gone:
        file.unlink()
    return [file.name for file in gone]


def _empty_place(database: str) -> Path:
    url = make_url(database)
    if url.get_backend_name() != "sqlite" or not url.database:
        raise ValueError("restore goes to sqlite:///path; then `jemput db copy` to a PostgreSQL")
    return Path(url.database)
