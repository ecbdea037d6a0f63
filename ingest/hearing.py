"""Hearing the broker: what an ear hears, how it is acknowledged, and what every ear promises."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import structlog


class Receipt(NamedTuple):
    """What acknowledges one message: which connection it came on, and its packet id there.

    The packet id is 0 for QoS 0, which needs no acknowledgement.
    """

    generation: int
    packet_id: int


class Heard(NamedTuple):
    """One message as it came. `retained` says that the broker kept it from before we listened."""

    topic: str
    payload: bytes
    retained: bool
    receipt: Receipt


class Ear(Protocol):
    """A persistent MQTT session that acknowledges only what its owner says is safe.

    One life each: after `close` make a new one. All calls belong to one event loop's thread.
    """

    async def listen(self) -> None:
        """Connect and subscribe, again and again, until `close`.

        Raises only what `may_connect` or another callback of the owner raised.
        """

    def acknowledge(self, receipts: Sequence[Receipt]) -> None:
        """Tell the broker, in the order given (give them as heard), that it may forget these.

        Receipts of an earlier connection are dropped: their packet ids may mean other
        messages by now, and the broker sends the unacknowledged ones again anyway.
        """

    async def close(self) -> None:
        """Send what was acknowledged and a DISCONNECT, and wait until `listen` has ended."""


class OnLink(Protocol):
    """Told that hearing began, or that it ended."""

    def __call__(self, *, up: bool) -> None:
        """Take whether the link is up."""


async def always() -> None:
    """Allow every connection."""


def log_trouble(message: str) -> None:
    """Log a sentence for people."""
    structlog.get_logger(__name__).warning("mqtt_trouble", problem=message)


@dataclass(frozen=True, slots=True)
class Owner:
    """Whom an ear tells what happens.

    `on_heard` gets everything that one socket read held, in order. `on_link` is told `up=True`
    once every subscription is granted and `up=False` when that link is gone, in turns.
    `may_connect` is awaited before each connection and stops the ear by raising. `on_trouble`
    gets a sentence for people: what is wrong and what to look at.
    """

    on_heard: Callable[[list[Heard]], None]
    on_link: OnLink
    may_connect: Callable[[], Awaitable[None]] = always
    on_trouble: Callable[[str], None] = log_trouble
