"""The clock of a run: it may start anywhere and run fast; every process of the run shares it."""

import mmap
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple, Protocol

from jemput.fold.admission import CLOCKS_BEGIN_S

SLOW: Final = 0.1
"""How fast a clock goes that is ahead of the wall clock, until that has caught up."""

Clocks = Callable[[], tuple[float, float]]
"""The wall clock and the monotonic one, in seconds."""


def both_clocks() -> tuple[float, float]:
    """This machine's."""
    return time.time(), time.monotonic()


def wall_ms() -> int:
    """Real time, in Unix milliseconds: sessions and keys end by it, however fast a run goes."""
    return int(time.time() * 1000)


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
        """Real time, as the wall clock says now."""
        return cls(time.time(), 1.0, time.monotonic())

    def now_ms(self) -> int:
        """The time of the run."""
        passed_s = time.monotonic() - self.anchor_monotonic_s
        return int((self.start_s + passed_s * self.speed) * 1000)


class _Course(NamedTuple):
    """What a clock said at a moment of the monotonic one, and for how long it goes slowly."""

    said_s: float
    monotonic_s: float
    slow_for_s: float = 0.0

    def at(self, monotonic_s: float) -> float:
        passed_s = monotonic_s - self.monotonic_s
        slow_s = min(passed_s, self.slow_for_s)
        return self.said_s + slow_s * SLOW + passed_s - slow_s


class WallClock:
    """Real time that never goes back: it follows the monotonic clock between calls of `follow`."""

    def __init__(self, clocks: Clocks = both_clocks) -> None:
        """Begin with what the wall clock says."""
        self.clocks = clocks
        self._course = _Course(*clocks())

    def now_ms(self) -> int:
        """The time of the run."""
        _, monotonic_s = self.clocks()
        return int(self._course.at(monotonic_s) * 1000)

    def follow(self, not_before_ms: int = 0) -> float:
        """Go by the wall clock from now on; the seconds by which that is ahead, or behind (< 0).

        Where it is ahead, or before `not_before_ms`, this jumps there. Where the wall clock is
        behind, it goes slowly until that has caught up; at its own pace if that was never set.
        """
        wall_s, monotonic_s = self.clocks()
        said_s = max(self._course.at(monotonic_s), not_before_ms / 1000)
        ahead_s = wall_s - said_s
        if ahead_s >= 0:
            self._course = _Course(wall_s, monotonic_s)
        elif wall_s < CLOCKS_BEGIN_S:
            self._course = _Course(said_s, monotonic_s)
        else:
            self._course = _Course(said_s, monotonic_s, -ahead_s / (1 - SLOW))
        return ahead_s


class HostClock:
    """What the wall clock says, with every step of it: for whoever writes no entries."""

    def now_ms(self) -> int:
        """The time now."""
        return int(time.time() * 1000)


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
