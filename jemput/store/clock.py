"""The clock of a run: it may start anywhere and run fast; every process of the run shares it."""

import mmap
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol


class Clock(Protocol):
    """What tells the time of the run, in Unix milliseconds."""

    def now_ms(self) -> int:
        """The time of the run."""


@dataclass(frozen=True, slots=True)
class RunClock:
    """`start_s` was at `anchor_wall_s` of the wall clock, and the run is `speed` times as fast.

    The defaults are the wall clock itself. After the anchor it follows the monotonic
    clock, so a step of the wall clock does not move it.
    """

    start_s: float
    speed: float
    anchor_monotonic_s: float

    @classmethod
    def shared(cls, start_s: float, speed: float, anchor_wall_s: float) -> "RunClock":
        """The clock that another process of the run anchored."""
        passed_s = time.time() - anchor_wall_s
        return cls(start_s, speed, time.monotonic() - passed_s)

    @classmethod
    def wall(cls) -> "RunClock":
        """Real time."""
        return cls(time.time(), 1.0, time.monotonic())

    def now_ms(self) -> int:
        """The time of the run."""
        passed_s = time.monotonic() - self.anchor_monotonic_s
        return int((self.start_s + passed_s * self.speed) * 1000)


class DrivenClock:
    """A clock that another process drives: Unix milliseconds in a file that both map.

    Signed 64 bits, little-endian, at offset 0; 0 until it was driven. Here it is only read.
    """

    def __init__(self, path: Path) -> None:
        """Take the driver's file. Raises `FileNotFoundError` before the driver made it."""
        if sys.byteorder != "little":
            raise RuntimeError("a driven clock needs a little-endian machine")
        with path.open("rb") as file:
            self._map = mmap.mmap(file.fileno(), 8, access=mmap.ACCESS_READ)
        self._view = memoryview(self._map)
        self._word = self._view.cast("q")

    def now_ms(self) -> int:
        """The time of the run."""
        return self._word[0]

    def close(self) -> None:
        """Let go of the file."""
        self._word.release()
        self._view.release()
        self._map.close()
