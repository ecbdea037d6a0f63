"""What was heard and is not committed yet: N messages or T milliseconds."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from ingest.alarm import Alarm
from ingest.hearing import Heard
from jemput.entry import Event

MOST_MESSAGES: Final = 500
SHORTEST_S: Final = 0.02
LONGEST_S: Final = 0.2
QUIET_S: Final = 0.01
"""So long without a message, and no more are on their way: a broker's window may be full."""
TRICKLE: Final = 10


@dataclass(slots=True)
class Taken:
    """What goes into one commit."""

    messages: list[Heard]
    events: list[Event] = field(default_factory=list)
    alarms: list[Alarm] = field(default_factory=list)


class Pending:
    """Collects messages until they are worth a commit.

    A commit costs the same for one message as for hundreds. So while they keep coming it waits
    until there are N, and the shortest wait grows while little comes. Once nothing more comes it
    is not waited for: a broker with a small window sends the next only after these are told.
    """

    def __init__(self, longest_s: float = LONGEST_S) -> None:
        """Start empty; nothing waits longer than `longest_s`."""
        self._longest_s = longest_s
        self.messages: list[Heard] = []
        self.events: list[Event] = []
        self.alarms: list[Alarm] = []
        self._makers: list[Callable[[], Event]] = []
        self._since_s: float | None = None
        self._last_s = 0.0
        self._wait_s = min(SHORTEST_S, longest_s)

    def hear(self, batch: list[Heard]) -> None:
        """Take messages in the order in which they came."""
        self._begin()
        self._last_s = time.monotonic()
        self.messages += batch

    def note(self, event: Event, alarm: Alarm | None = None) -> None:
        """Take an event of the run itself, such as the link going down."""
        self._begin()
        self.events.append(event)
        if alarm is not None:
            self.alarms.append(alarm)

    def make(self, maker: Callable[[], Event]) -> None:
        """Make an event as it is taken into its commit, and not before."""
        self._begin()
        self._makers.append(maker)

    def is_enough(self) -> bool:
        """Whether there are as many as one commit takes."""
        return len(self.messages) >= MOST_MESSAGES

    def due_in_s(self) -> float | None:
        """How long until these want a commit; None where there is nothing."""
        if self._since_s is None:
            return None
        if self.is_enough():
            return 0.0
        soonest_s = max(self._since_s + self._wait_s, self._last_s + QUIET_S)
        return max(0.0, min(soonest_s, self._since_s + self._longest_s) - time.monotonic())

    def take(self) -> Taken:
        """Hand out at most N messages, and what happened to the run."""
        events = [*self.events, *(maker() for maker in self._makers)]
        taken = Taken(self.messages[:MOST_MESSAGES], events, self.alarms)
        self._makers = []
        self.messages, self.events, self.alarms = self.messages[MOST_MESSAGES:], [], []
        self._since_s = time.monotonic() if self.messages else None
        factor = 2.0 if len(taken.messages) <= TRICKLE else 0.5
        self._wait_s = min(self._longest_s, max(SHORTEST_S, self._wait_s * factor))
        return taken

    def _begin(self) -> None:
        if self._since_s is None:
            self._since_s = time.monotonic()
