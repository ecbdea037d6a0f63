"""A backup of a running town: a consistent copy of the database, and closed journal segments.

    FOLDER/jemput-20260301T010000Z.db              a base: the whole database at one moment
    FOLDER/main-000000000513-000000001024.jsonl.gz a segment: entries 513 to 1024 of group main

A segment holds entries byte for byte, each with what it set aside into the quarantine.
"""

import base64
import gzip
import json
import os
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Engine, select

from jemput.entry import Entry
from jemput.store.database import OURS_ALONE, SchemaError
from jemput.store.journal import DamagedJournalError, read_entry
from jemput.store.schema import journal, journal_group, quarantine

BASE: Final = re.compile(r"jemput-(\d{8}T\d{6}Z)\.db")
SEGMENT: Final = re.compile(r"([a-z0-9-]{1,32})-(\d{12})-(\d{12})\.jsonl\.gz")
STAMP: Final = "%Y%m%dT%H%M%SZ"
ENTRIES_A_SEGMENT: Final = 20_000
READ_AT_ONCE: Final = 200


@dataclass(frozen=True, order=True)
class Segment:
    """Entries `first` to `last` of a group, in a file."""

    group: str
    first: int
    last: int
    file: Path


@dataclass(frozen=True)
class Kept:
    """An entry as a segment holds it, and the quarantine rows of its position."""

    entry: Entry
    quarantined: tuple[dict[str, Any], ...]


def write_base(engine: Engine, folder: Path, now_s: float) -> Path:
    """Copy an SQLite database while it is written to. Raises `SchemaError` for another one."""
    if engine.dialect.name != "sqlite":
        raise SchemaError("take the base of a PostgreSQL with pg_dump; segments are as everywhere")
    stamp = datetime.fromtimestamp(now_s, UTC).strftime(STAMP)
    file = folder / f"jemput-{stamp}.db"
    partial = file.with_suffix(".partial")
    partial.touch(mode=OURS_ALONE)
    with (
        closing(sqlite3.connect(f"file:{engine.url.database}?mode=ro", uri=True)) as source,
        closing(sqlite3.connect(partial)) as copy,
    ):
        source.backup(copy)
        check_whole(copy)
    _publish(partial, file)
    return file


def check_whole(database: sqlite3.Connection) -> None:
    """Raise `DamagedJournalError` where SQLite finds its own pages damaged."""
    said = database.execute("PRAGMA integrity_check").fetchone()[0]
    if said != "ok":
        raise DamagedJournalError(f"the database is damaged: {said}")


def bases(folder: Path) -> list[Path]:
    """The bases of a folder, oldest first."""
    return sorted(file for file in folder.iterdir() if BASE.fullmatch(file.name))


def taken_at_s(base: Path) -> float:
    """When a base was taken, in Unix seconds."""
    found = BASE.fullmatch(base.name)
    if found is None:
        raise ValueError(f"{base} is no base: they are called jemput-YYYYMMDDTHHMMSSZ.db")
    return datetime.strptime(found[1], STAMP).replace(tzinfo=UTC).timestamp()


def segments(folder: Path) -> list[Segment]:
    """The segments of a folder, by group and position."""
    matched = ((SEGMENT.fullmatch(file.name), file) for file in folder.iterdir())
    return sorted(
        Segment(found[1], int(found[2]), int(found[3]), file) for found, file in matched if found
    )


def heads(engine: Engine) -> dict[str, int]:
    """The newest position of every group."""
    with engine.connect() as connection:
        rows = connection.execute(select(journal_group.c.id, journal_group.c.head)).all()
    return {row.id: row.head for row in rows}


def write_segments(engine: Engine, folder: Path, after: dict[str, int]) -> list[Segment]:
    """Close segments of what came behind `after`, group by group."""
    written = []
    for group, head in sorted(heads(engine).items()):
        first = after.get(group, 0) + 1
        while first <= head:
            last = min(head, first + ENTRIES_A_SEGMENT - 1)
            written.append(_write_segment(engine, folder, group, first, last))
            first = last + 1
    return written


def read_segment(segment: Segment) -> Iterator[Kept]:
    """Entries in order. Raises `DamagedJournalError` at the first that is not as it was."""
    expected = segment.first
    try:
        with gzip.open(segment.file, "rt", encoding="utf-8") as lines:
            for line in lines:
                row = json.loads(line)
                blob = base64.b64decode(row["blob"])
                entry = read_entry(row["position"], row["checksum"], blob, expected)
                yield Kept(entry, tuple(map(_unpacked, row["quarantine"])))
                expected += 1
    except (OSError, EOFError, ValueError, KeyError) as error:
        raise DamagedJournalError(f"{segment.file} is damaged: {error}") from error
    if expected != segment.last + 1:
        raise DamagedJournalError(f"{segment.file} ends at entry {expected - 1}")


def _write_segment(engine: Engine, folder: Path, group: str, first: int, last: int) -> Segment:
    file = folder / f"{group}-{first:012}-{last:012}.jsonl.gz"
    partial = file.with_suffix(".partial")
    with gzip.open(partial, "wt", encoding="utf-8") as lines:
        for start in range(first, last + 1, READ_AT_ONCE):
            for row in _rows(engine, group, start, min(last, start + READ_AT_ONCE - 1)):
                lines.write(json.dumps(row) + "\n")
    _publish(partial, file)
    return Segment(group, first, last, file)


def _rows(engine: Engine, group: str, first: int, last: int) -> Iterator[dict[str, Any]]:
    entries = select(journal.c.position, journal.c.checksum, journal.c.blob).where(
        journal.c.group_id == group, journal.c.position.between(first, last)
    )
    aside = select(quarantine).where(
        quarantine.c.group_id == group, quarantine.c.position.between(first, last)
    )
    with engine.connect() as connection:
        rows = connection.execute(entries.order_by(journal.c.position)).all()
        set_aside = connection.execute(aside.order_by(quarantine.c.id)).mappings().all()
    if len(rows) != last - first + 1:
        raise DamagedJournalError(f"entries {first} to {last} of {group} are not all there")
    for offset, row in enumerate(rows):
        read_entry(row.position, row.checksum, row.blob, first + offset)
        yield {
            "position": row.position,
            "checksum": row.checksum,
            "blob": base64.b64encode(row.blob).decode(),
            "quarantine": [_packed(one) for one in set_aside if one["position"] == row.position],
        }


def _packed(row: Any) -> dict[str, Any]:  # noqa: ANN401 - a row of any columns
    """A quarantine row as JSON, without its id: that is the database's own."""
    kept = {name: value for name, value in row.items() if name != "id"}
    return kept | {"payload": base64.b64encode(kept["payload"]).decode()}


def _unpacked(row: dict[str, Any]) -> dict[str, Any]:
    return row | {"payload": base64.b64decode(row["payload"])}


def _publish(partial: Path, file: Path) -> None:
    """Under its own name only once it is whole and on the disk."""
    for path in (partial, file.parent):
        if path == file.parent:
            partial.replace(file)
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
