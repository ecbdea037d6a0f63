"""One connection to the broker, whatever carries it.

    connecting ──CONNACK──▶ subscribing ──SUBACK──▶ up ──▶ ended

The socket is always read, however slow the owner is: a broker stops by itself once its window of
unacknowledged messages is full, and who stops reading also misses the PINGRESP that says
the broker is alive.
"""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from enum import Enum, auto

from ingest.hearing import Heard, Owner, Receipt
from ingest.mqtt.errors import (
    ProtocolViolationError,
    RefusedError,
    SilentError,
    SubscriptionRefusedError,
)
from ingest.mqtt.session import FORGOTTEN, Address, Session


class Stage(Enum):
    """How far a link is."""

    CONNECTING = auto()
    SUBSCRIBING = auto()
    UP = auto()
    ENDED = auto()


class Link(ABC):
    """From CONNECT to the end. `ended` raises why; `was_up` says whether it ever heard."""

    def __init__(
        self, address: Address, session: Session, owner: Owner, *, generation: int, resumes: bool
    ) -> None:
        """Take where, what to hear, whom to tell, and the number that marks our receipts.

        `resumes` says that the broker is expected to know our session.
        """
        self._address = address
        self._session = session
        self._owner = owner
        self._generation = generation
        self._resumes = resumes
        self._stage = Stage.CONNECTING
        self._early: list[Heard] = []
        self._loop = asyncio.get_running_loop()
        self._timer: asyncio.TimerHandle | None = None
        self.ended: asyncio.Future[None] = self._loop.create_future()
        self.was_up = False

    @abstractmethod
    async def connect(self) -> None:
        """Reach the broker. Raises `LinkError`."""

    @abstractmethod
    def acknowledge(self, receipts: Sequence[Receipt]) -> None:
        """Acknowledge those of `receipts` that came on this link."""

    @abstractmethod
    async def leave(self) -> None:
        """Say goodbye where that is still possible. Nothing is heard from here on."""

    @abstractmethod
    def _subscribe(self) -> None:
        """Ask for what the session wants to hear."""

    def _attempt(self, what: Callable[[], None]) -> None:
        """Do it; whatever it raises ends the link, and the owner's own errors end `listen`."""
        if self._stage is Stage.ENDED:
            return
        try:
            what()
        except Exception as error:  # noqa: BLE001 - passed on, see above
            self._end(error)

    def _expect_answers(self) -> None:
        self._set_timer(self._session.timeout_s, lambda: self._end(SilentError(self._address)))

    def _welcomed(self, code: int, *, session_present: bool) -> None:
        if code:
            raise RefusedError(code)
        if self._resumes and not session_present:
            self._owner.on_trouble(FORGOTTEN)
        self._stage = Stage.SUBSCRIBING
        self._subscribe()

    def _granted(self, refusals: Sequence[bool]) -> None:
        filters = self._session.filters
        if len(refusals) != len(filters):
            raise ProtocolViolationError("a SUBACK that does not answer our SUBSCRIBE")
        if any(refusals):
            raise SubscriptionRefusedError(f for f, no in zip(filters, refusals, strict=True) if no)
        self._drop_timer()
        self._stage = Stage.UP
        self.was_up = True
        self._owner.on_link(up=True)

    def _deliver(self, heard: list[Heard]) -> None:
        """Pass on what was heard. A resumed session may speak before the SUBACK: that waits."""
        if self._stage is Stage.CONNECTING and heard:
            raise ProtocolViolationError("a PUBLISH before the CONNACK")
        if self._stage is Stage.SUBSCRIBING:
            self._early += heard
        elif self._early or heard:
            heard, self._early = self._early + heard, []
            self._owner.on_heard(heard)

    def _end(self, error: Exception) -> None:
        self._stage = Stage.ENDED
        self._drop_timer()
        if not self.ended.done():
            self.ended.set_exception(error)

    def _settle(self) -> None:
        """Stop hearing, whether or not somebody still asks `ended` why."""
        self._stage = Stage.ENDED
        self._drop_timer()
        if not self.ended.cancelled() and not self.ended.cancel():
            self.ended.exception()  # else asyncio complains that nobody asked

    def _set_timer(self, after_s: float, then: Callable[[], None]) -> None:
        self._timer = self._loop.call_later(after_s, then)

    def _drop_timer(self) -> None:
        if self._timer:
            self._timer.cancel()
