"""The life of a pickup: one state machine for what the fold deduces and what people do.

requested -> alerted -> accepted -> collected -> verified
    or failed(reason), withdrawn, expired (nobody accepted, or nobody finished)
"""

from enum import StrEnum
from typing import Final

import msgspec
from msgspec import Struct

from jemput.reading import Identity


class State(StrEnum):
    """Where a pickup stands."""

    REQUESTED = "requested"
    ALERTED = "alerted"
    ACCEPTED = "accepted"
    COLLECTED = "collected"
    VERIFIED = "verified"
    FAILED = "failed"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"


class Reason(StrEnum):
    """Why a pickup was opened."""

    FULLNESS = "FULLNESS"
    AGE = "AGE"
    ALERT = "ALERT"
    MANUAL = "MANUAL"
    RESIDENT = "RESIDENT"


class Flag(StrEnum):
    """What a person has to look at."""

    ACCEPTED_NOT_COLLECTED = "accepted_not_collected"
    CLAIMED_NOT_SEEN = "claimed_not_seen"
    SEEN_NOT_CLAIMED = "seen_not_claimed"


OPEN: Final = frozenset({State.REQUESTED, State.ALERTED, State.ACCEPTED, State.COLLECTED})
UNCLAIMED: Final = frozenset({State.REQUESTED, State.ALERTED})
CLAIMED: Final = OPEN - UNCLAIMED

MOVES: Final[dict[State, frozenset[State]]] = {
    State.ALERTED: frozenset({State.REQUESTED}),
    State.ACCEPTED: UNCLAIMED,
    State.COLLECTED: frozenset({State.ACCEPTED}),
    State.VERIFIED: frozenset({State.ACCEPTED, State.COLLECTED}),
    State.FAILED: frozenset({State.ACCEPTED, State.COLLECTED}),
    State.WITHDRAWN: OPEN,
    State.EXPIRED: OPEN,
}
"""From which states each state can be reached."""


class Evidence(Struct, frozen=True, array_like=True):
    """One reading a decision rests on."""

    identity: Identity
    at_s: int
    fill_percent: int | None


class Why(Struct, frozen=True):
    """What called the truck: the rule, its numbers, and the readings it saw."""

    rule: str
    numbers: dict[str, int]
    evidence: tuple[Evidence, ...] = ()


class Pickup(Struct, frozen=True):
    """A request to empty one bin. Times are Unix milliseconds of the run's clock."""

    id: str
    bin: str
    reason: Reason
    state: State
    opened_ms: int
    moved_ms: int
    why: Why
    collector: str | None = None
    note: str | None = None
    flag: Flag | None = None


class Move(Struct, frozen=True):
    """One step in a pickup's life: to which state, when, by whom, and what they said."""

    state: State
    at_ms: int
    by: str
    note: str | None = None


class RefusedError(ValueError):
    """A move the state machine does not have."""


def move(pickup: Pickup, to: State, now_ms: int, *, note: str | None = None) -> Pickup:
    """The pickup after the move. Raises `RefusedError` with a sentence for people.

    Collected late is collected: that answers a flag.
    """
    if pickup.state not in MOVES.get(to, frozenset()):
        message = f"pickup {pickup.id} is {pickup.state}; it cannot become {to}"
        raise RefusedError(message)
    flag = None if to is State.COLLECTED else pickup.flag
    note = note or pickup.note
    return msgspec.structs.replace(pickup, state=to, moved_ms=now_ms, note=note, flag=flag)


def flagged(pickup: Pickup, flag: Flag) -> Pickup:
    """The pickup handed to a person."""
    return msgspec.structs.replace(pickup, flag=flag)
