"""Files with secrets in them: in place whole or not at all, for our eyes only."""

import os
from pathlib import Path
from typing import Final

_OURS_ALONE: Final = 0o600


def put_file(path: Path, text: str) -> None:
    """Put `text` where whoever reads sees either what was there before or all of it."""
    new = path.with_name(f"{path.name}.new")
    new.unlink(missing_ok=True)
    handle = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _OURS_ALONE)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)
