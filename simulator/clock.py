"""The town's clock: it starts when the scenario says and may run fast.

Three numbers make it, so every process of a run can hold the same clock: where it
starts, how fast it runs, and the wall time at which it started.
"""

import asyncio
import time
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class TownClock:
    """At `anchor_wall_s` the town stood at `start_s`; since then `speed` seconds pass each second.

    The wall is read once; from there the monotonic clock counts, so a stepped wall moves nothing.
    """

    start_s: float
    speed: float
    anchor_wall_s: float
    wall_at_monotonic_zero_s: float = field(default_factory=lambda: time.time() - time.monotonic())

    def __post_init__(self) -> None:
        """Refuse a clock that stands still or runs backwards."""
        if self.speed <= 0:
            message = f"speed {self.speed} cannot be: give a number above 0 (1 is real time)"
            raise ValueError(message)

    def now_s(self) -> float:
        """Town time now, in Unix seconds."""
        wall_s = self.wall_at_monotonic_zero_s + time.monotonic()
        return self.start_s + (wall_s - self.anchor_wall_s) * self.speed

    def wall_until_s(self, at_s: float) -> float:
        """Wall seconds from now until the town's `at_s`; negative when it has passed."""
        return (at_s - self.now_s()) / self.speed

    async def sleep_until(self, at_s: float) -> None:
        """Return once the town's clock has reached `at_s`."""
        await self.reached(at_s, asyncio.Event())

    async def reached(self, at_s: float, stop: asyncio.Event) -> bool:
        """Wait for `at_s` or for `stop`, whichever comes first; False when it was `stop`."""
        while not stop.is_set():
            wait_s = self.wall_until_s(at_s)
            if wait_s <= 0:
                return True
            try:
                await asyncio.wait_for(stop.wait(), wait_s)
            except TimeoutError:
                continue
        return False
