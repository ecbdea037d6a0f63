"""Files in place whole or not at all, and those with secrets for our eyes only."""

import os
from pathlib import Path
from typing import Final

_OURS_ALONE: Final = 0o600


def put_file(path: Path, text: str) -> None:
    """Put a text with secrets where whoever reads sees what was there before, or all of it."""
    put(path, text.encode(), _OURS_ALONE)


def put(file: Path, content: bytes, mode: int) -> None:
    """Write a file whole or not at all: on the disk before it has its name."""
    new = file.with_name(f".{file.name}.new")
    new.unlink(missing_ok=True)
    handle = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(handle, "wb") as lines:
        os.fchmod(handle, mode)
        _leave_to_owner(file, handle)
        lines.write(content)
        lines.flush()
        os.fsync(handle)
    new.replace(file)
    directory = os.open(file.parent, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)


def _leave_to_owner(file: Path, handle: int) -> None:
    """Where root writes, the service that reads the file is somebody else."""
    if os.geteuid() == 0:
        owner = (file if file.exists() else file.parent).stat()
        os.fchown(handle, owner.st_uid, owner.st_gid)
