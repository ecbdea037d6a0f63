"""A backup put back onto an empty machine: the newest base, and the segments behind it."""

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from sqlalchemy import Engine

from jemput.store.backup import Segment, check_whole, heads, read_segment, segments
from jemput.store.checkpoints import Checkpoints
from jemput.store.database import OURS_ALONE, check_schema, found_revision, open_database, writing
from jemput.store.journal import DamagedJournalError, Journal
from jemput.store.reapply import reapply
from jemput.store.recovery import recovered
from jemput.store.schema import SCHEMA_REVISION

Progress = Callable[[str, int], None]
"""Told the group and the position that is restored."""


def restore(base: Path, folder: Path, to: Path, progress: Progress) -> dict[str, int]:
    """Make the database `to` from a base and the segments behind it; return each group's head.

    Nothing is at `to` before, and nothing where this raises: `FileExistsError`, or
    `DamagedJournalError` where base or segments are not as they were written.
    """
    if to.exists():
        raise FileExistsError(f"{to} exists: restore to a path where nothing is")
    partial = to.with_name(f"{to.name}.restoring")
    partial.touch(mode=OURS_ALONE)
    shutil.copyfile(base, partial)
    try:
        with closing(sqlite3.connect(partial)) as copy:
            check_whole(copy)
        engine = open_database(f"sqlite:///{partial}")
        _bring_up(engine)
        for group, head in heads(engine).items():
            behind = [one for one in segments(folder) if one.group == group and one.last > head]
            _restore_group(engine, group, behind, progress)
        found = heads(engine)
        with engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        engine.dispose()
    except BaseException:
        for suffix in ("", "-wal", "-shm"):
            partial.with_name(partial.name + suffix).unlink(missing_ok=True)
        raise
    partial.rename(to)
    return found


def _bring_up(engine: Engine) -> None:
    """A base of an older version gets the tables of this one."""
    with engine.connect() as connection:
        found = found_revision(connection)
    if found is not None and found < SCHEMA_REVISION:
        from jemput.store.migrations.migrate import migrate  # noqa: PLC0415 - slow, and rarely asked for

        migrate(engine)
    check_schema(engine)


def _restore_group(engine: Engine, group: str, behind: list[Segment], progress: Progress) -> None:
    journal, checkpoints = Journal(engine, group), Checkpoints(engine, group)
    fold = recovered(journal, checkpoints)
    for segment in behind:
        if segment.first > fold.state.position + 1:
            missing = f"{fold.state.position + 1} to {segment.first - 1}"
            raise DamagedJournalError(f"no segment holds entries {missing} of group {group}")
        for kept in read_segment(segment):
            if kept.entry.position <= fold.state.position:
                continue
            fold.replay(kept.entry)
            with writing(engine) as connection:
                registry = fold.state.registry
                reapply(connection, journal, kept.entry, kept.quarantined, registry)
            progress(group, kept.entry.position)
    state = fold.state
    checkpoints.save(state, state.bins, state.devices, registry=True)
