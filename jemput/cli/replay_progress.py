"""How far a replay is, in lines that a log can keep."""

import sys
import time
from datetime import UTC, datetime
from typing import Final

from simulator.replay import ReplayTally

EVERY_S: Final = 5.0


class Progress:
    """Says every few seconds what was replayed, how fast, and how long the rest may take."""

    def __init__(self, rows: int) -> None:
        """Take how many rows there are; the time counts from now."""
        self._rows = rows
        self._began_s = self._said_s = time.monotonic()

    def note(self, tally: ReplayTally) -> None:
        """Say it, unless it was said a moment ago."""
        now_s = time.monotonic()
        if now_s - self._said_s < EVERY_S:
            return
        self._said_s = now_s
        sys.stderr.write(self.line(tally, now_s - self._began_s) + "\n")

    def line(self, tally: ReplayTally, passed_s: float) -> str:
        """What there is to say after so many seconds."""
        done = tally.readings_published
        at = datetime.fromtimestamp(tally.at_s, tz=UTC)
        left_s = passed_s * (self._rows - done) / done
        return (
            f"{done:,} of {self._rows:,} readings · recorded {at:%Y-%m-%d %H:%M} UTC · "
            f"{done / passed_s:,.0f} readings/s · about {_length(left_s)} left"
        )


def _length(seconds: float) -> str:
    minutes, rest_s = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes:02d} min"
    return f"{minutes} min {rest_s:02d} s" if minutes else f"{rest_s} s"
