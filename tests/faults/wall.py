"""A host whose wall clock a scenario moves under a running ingester: an offset in a shared file.

Only Python's clock is moved, since every reading of it in the program goes through that; the
monotonic clock stays, as it does on a real host. What counts as steady is shortened.
"""

import mmap
import time
from pathlib import Path
from struct import Struct
from typing import Final

from ingest import wall_clock

MOVED: Final = "JEMPUT_TEST_WALL"
"""In the environment: the file."""
STEADY_S: Final = 1.5
LOOK_S: Final = 0.05
_OFFSET: Final = Struct("<d")


class Host:
    """The host's wall clock, from outside."""

    def __init__(self, file: Path) -> None:
        """Make the file; the clock is right."""
        self.file = file
        self.ahead_s = 0.0
        file.write_bytes(_OFFSET.pack(0.0))
        with file.open("r+b") as opened:
            self._map = mmap.mmap(opened.fileno(), _OFFSET.size)

    def set(self, ahead_s: float) -> None:
        """From now on it is so far ahead of the right time, or behind."""
        self.ahead_s = ahead_s
        self._map[:] = _OFFSET.pack(ahead_s)


def use(file: Path) -> None:
    """Tell the time as the host of `file` does, in this process."""
    with file.open("rb") as opened:
        shared = mmap.mmap(opened.fileno(), _OFFSET.size, access=mmap.ACCESS_READ)
    usual = time.time

    def moved() -> float:
        return float(usual() + _OFFSET.unpack(shared[:])[0])

    time.time = moved
    wall_clock.STEADY_S = STEADY_S  # type: ignore[misc]
    wall_clock.watch_wall.__kwdefaults__ = {"look_s": LOOK_S}
