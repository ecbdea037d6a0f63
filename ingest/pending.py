"""What was heard and is not committed yet: N messages or T milliseconds."""

import time
from typing import Final

from ingest.hearing import Heard
from jemput.entry import Event

MOST_MESSAGES: Final = 500
SHORTEST_S: Final = 0.02
LONGEST_S: Final = 0.2
TRICKLE: Final = 10


class Pending:
    """Collects messages until they are worth a commit.

    The wait grows while little comes, because a commit costs the same for one message as
    for hundreds; it shrinks as soon as the socket is full.
    """

    def __init__(self) -> None:
        """Start empty."""
        self.messages: list[Heard] = []
        self.events: list[Event] = []
        self._since_s: float | None = None
        self._wait_s = SHORTEST_S

    def hear(self, batch: list[Heard]) -> None:
        """Take messages in the order in which they came."""
        self._begin()
        self.messages += batch

    def note(self, event: Event) -> None:
        """Take an event of the run itself, such as the link going down."""
        self._begin()
        self.events.append(event)

    def due_in_s(self) -> float | None:
        """How long until these want a commit; None where there is nothing."""
        if self._since_s is None:
            return None
        if len(self.messages) >= MOST_MESSAGES:
            return 0.0
        return max(0.0, self._since_s + self._wait_s - time.monotonic())

    def take(self) -> tuple[list[Heard], list[Event]]:
        """Hand out at most N messages, and what happened to the run."""
        taken, self.messages = self.messages[:MOST_MESSAGES], self.messages[MOST_MESSAGES:]
        events, self.events = self.events, []
        self._since_s = time.monotonic() if self.messages else None
        factor = 2.0 if len(taken) <= TRICKLE else 0.5
        self._wait_s = min(LONGEST_S, max(SHORTEST_S, self._wait_s * factor))
        return taken, events

    def _begin(self) -> None:
        if self._since_s is None:
            self._since_s = time.monotonic()
