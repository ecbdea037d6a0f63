"""One entry of the journal: everything that may influence a decision, and what was decided."""

from typing import Final, Literal

import msgspec
from msgspec import Struct

from jemput.decisions import Decision
from jemput.pickup import Pickup
from jemput.reading import Reading
from jemput.registry import Change

FOLD_VERSION: Final = 2

ActKind = Literal["alerted", "accept", "collect", "fail", "withdraw", "confirm"]


class Act(Struct, frozen=True, tag="act"):
    """What somebody did to a pickup; already true in the database when it is journaled."""

    kind: ActKind
    pickup: str
    bin: str
    by: str
    at_ms: int
    note: str | None = None


class OpenedByHand(Struct, frozen=True, tag="opened"):
    """A person asked for a bin to be emptied."""

    pickup: Pickup
    by: str


class Changed(Struct, frozen=True, tag="changed"):
    """The registry changes, from this entry on."""

    change: Change


class Link(Struct, frozen=True, tag="link"):
    """The connection to the broker came up or went down."""

    up: bool


class ClockTrust(Struct, frozen=True, tag="clock", omit_defaults=True):
    """The wall clock stepped against the monotonic one, or is steady again.

    Then the run's clock follows it: `moved_ms` is how far it jumped ahead in this entry, or,
    below 0, how far it is ahead and waits for the wall clock.
    """

    trusted: bool
    moved_ms: int = 0


class Readmitted(Struct, frozen=True, tag="readmitted"):
    """Readings out of the quarantine, placed in time as when they came.

    The fold takes those that no history has: in the quarantine and nowhere else, or new.
    """

    readings: tuple[Reading, ...]


Event = Act | OpenedByHand | Changed | Link | ClockTrust | Readmitted


class Kept(Struct, frozen=True, array_like=True):
    """A device keeps a boot's readings from `first` on: what is missing below will never come."""

    device: str
    boot: int
    first: int


class Loss(Struct, frozen=True, array_like=True):
    """Known loss. `first` and `last` are included."""

    device: str
    boot: int
    first: int
    last: int


class Settled(Struct, frozen=True, array_like=True):
    """A reading that went to quarantine: kept there, and not to be sent again."""

    device: str
    boot: int
    seq: int


class Emptying(Struct, frozen=True, array_like=True):
    """A bin was emptied: seen in its levels."""

    bin: str
    at_s: int
    before_percent: int
    after_percent: int


class Intake(Struct, frozen=True, array_like=True):
    """What came in since the entry before, with duplicates and poison already taken out.

    Readings stand in the order of their identities, so that the order in which they
    came inside one entry changes nothing.
    """

    now_ms: int
    events: tuple[Event, ...] = ()
    readings: tuple[Reading, ...] = ()
    kept: tuple[Kept, ...] = ()
    settled: tuple[Settled, ...] = ()
    duplicates: int = 0
    quarantined: int = 0
    backlog: bool = False


class Entry(Struct, frozen=True, array_like=True):
    """An intake, what was derived from it, and what was decided.

    `readings` are those of the intake with bin and levels filled in, and after them those
    of before: readmitted ones, and ones that could be attributed to a bin only now.
    """

    position: int
    epoch: int
    fold_version: int
    intake: Intake
    readings: tuple[Reading, ...]
    losses: tuple[Loss, ...]
    emptyings: tuple[Emptying, ...]
    decisions: tuple[Decision, ...]


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(Entry)


def encode(entry: Entry) -> bytes:
    """The entry as it is kept: the same entry is always the same bytes."""
    return _encoder.encode(entry)


def decode(blob: bytes) -> Entry:
    """Read an entry back. Raises `msgspec.DecodeError` where the bytes are damaged."""
    return _decoder.decode(blob)


def pickup_id(bin_id: str, position: int) -> str:
    """A name for a pickup that the same entry gives again, whoever folds it."""
    return f"{bin_id}-{position}"
