"""The disk of a process: every write of SQLite is noted before it is done, every sync after."""

import os
from functools import partial
from pathlib import Path
from typing import Final

import apsw
from sqlalchemy import create_engine

from jemput.store import database
from tests.faults.power import driver
from tests.faults.power.record import Kind, Record

UNSYNCED: Final = "JEMPUT_TEST_UNSYNCED"
"""Names the file in which a process notes its writes."""
_BELOW: Final = "unix"
_NAME: Final = "unsynced"


def use(notes: Path) -> None:
    """From here on this process opens SQLite files through such a disk, by apsw's SQLite.

    The system's own library takes no Python VFS. The rest of the program is as it is.
    """
    disk = _Disk(notes)
    driver.KEPT.append(disk)
    setattr(database, "create_engine", partial(create_engine, module=driver))  # noqa: B010


class _Disk(apsw.VFS):
    """Like the usual one, and becomes the one that SQLite uses."""

    def __init__(self, notes: Path) -> None:
        super().__init__(_NAME, _BELOW, makedefault=True)
        self._notes = os.open(notes, os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    def note(self, record: Record) -> None:
        """Who is killed now has not written yet."""
        os.write(self._notes, record.encode())

    def xOpen(  # noqa: N802 - SQLite's names
        self, name: str | apsw.URIFilename | None, flags: list[int]
    ) -> apsw.VFSFile:
        return _File(self, name, flags)

    def xDelete(self, filename: str, syncdir: bool) -> None:  # noqa: FBT001, N802
        super().xDelete(filename, syncdir)
        self.note(Record(Kind.DELETE, filename))


class _File(apsw.VFSFile):
    def __init__(self, disk: _Disk, name: str | apsw.URIFilename | None, flags: list[int]) -> None:
        super().__init__(_BELOW, name, flags)
        self._disk = disk
        self._path = name.filename() if isinstance(name, apsw.URIFilename) else name

    def xWrite(self, data: bytes, offset: int) -> None:  # noqa: N802
        if self._path is not None:
            size = self.xFileSize()
            old = self.xRead(max(0, min(len(data), size - offset)), offset)
            self._disk.note(Record(Kind.WRITE, self._path, offset, size, old, bytes(data)))
        super().xWrite(data, offset)

    def xTruncate(self, newsize: int) -> None:  # noqa: N802
        if self._path is not None:
            size = self.xFileSize()
            old = self.xRead(max(0, size - newsize), newsize)
            self._disk.note(Record(Kind.TRUNCATE, self._path, newsize, size, old))
        super().xTruncate(newsize)

    def xSync(self, flags: int) -> None:  # noqa: N802
        super().xSync(flags)
        if self._path is not None:
            self._disk.note(Record(Kind.SYNC, self._path))
