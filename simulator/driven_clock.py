"""A clock that somebody drives: eight bytes in a file that every process of a run maps.

Signed 64-bit milliseconds since 1970, little-endian, at offset 0. They are written and
read as one aligned word, so no process ever sees half of a new time.
"""

import mmap
import sys
from pathlib import Path
from types import TracebackType
from typing import Self

_BYTES = 8


class DrivenClock:
    """The driver's end: made with the file if there is none, and it never goes back."""

    def __init__(self, path: Path) -> None:
        if sys.byteorder != "little":
            raise RuntimeError("a driven clock needs a little-endian machine")
        if not path.exists():
            path.write_bytes(bytes(_BYTES))
        with path.open("r+b") as file:
            self._map = mmap.mmap(file.fileno(), _BYTES)
        self._view = memoryview(self._map)
        self._word = self._view.cast("q")

    def now_ms(self) -> int:
        """The time, in Unix milliseconds; 0 until it was driven."""
        return self._word[0]

    def advance_to(self, at_ms: int) -> None:
        """Set the time. Raises `ValueError` when it would go back."""
        if at_ms < self._word[0]:
            raise ValueError(f"the clock stands at {self._word[0]} ms: it cannot go to {at_ms}")
        self._word[0] = at_ms

    def close(self) -> None:
        """Let go of the file; the time in it stays."""
        self._word.release()
        self._view.release()
        self._map.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()
