"""Everything the fold keeps: what a checkpoint holds, and nothing that could be looked up."""

from enum import StrEnum
from typing import Final

import msgspec
from msgspec import Struct

from jemput.decisions import IncidentKind
from jemput.memory import DeviceMemory
from jemput.pickup import Pickup
from jemput.reading import Reading
from jemput.registry import Registry

STATE_VERSION: Final = 1
RING: Final = 12
"""Samples kept per bin. The widest filter looks at seven; the rest is room for faults."""

NEVER_MS: Final = 2**62
MAX_UNBOUND: Final = 512


class Sample(Struct, frozen=True, array_like=True, order=True, gc=False):
    """What the rules need of one reading, in event time."""

    at_s: int
    device: str
    boot: int
    seq: int
    fill_percent: int | None
    tilt_deg: int | None
    temperature_c: int | None
    battery_mv: int | None


class HoldKind(StrEnum):
    """What has to happen before a bin may be called again."""

    UNTIL = "until"
    REARM_OR_UNTIL = "rearm_or_until"


class Hold(Struct, frozen=True, array_like=True, gc=False):
    """A bin that was called and is not to be called again yet."""

    kind: HoldKind
    until_ms: int


class BinState(Struct, array_like=True):
    """One bin. `ring` is in event time; `heard_listened_ms` counts only time spent listening.

    An emptying is sighted in the raw levels, and seen once the filtered level follows.
    """

    bin: str
    ring: list[Sample] = msgspec.field(default_factory=list)
    level_percent: int | None = None
    high_since_s: int | None = None
    heard_listened_ms: int = 0
    first_at_s: int | None = None
    emptied_at_s: int | None = None
    pickup: Pickup | None = None
    announced: bool = False
    seen_emptied_ms: int | None = None
    hold: Hold | None = None
    silent: bool = False
    incidents: list[IncidentKind] = msgspec.field(default_factory=list)
    judged_at_s: int = -1
    due_ms: int = NEVER_MS
    sighted_ms: int | None = None
    confirmed_at_s: int | None = None

    @property
    def newest(self) -> Sample | None:
        """The newest sample in event time."""
        return self.ring[-1] if self.ring else None


class Listening(Struct, array_like=True):
    """How long the broker was listened to, and whether the backlog is drained since."""

    up: bool = False
    since_ms: int = 0
    total_ms: int = 0
    stale_ms: int = 0
    settled: bool = False

    def listened_ms(self, now_ms: int) -> int:
        """Time spent listening, up to `now_ms`."""
        return self.total_ms + (now_ms - self.since_ms if self.up else 0)


class GroupState(Struct):
    """The state of one group at one position of its journal."""

    position: int = 0
    now_ms: int = 0
    registry: Registry = msgspec.field(default_factory=Registry)
    devices: dict[str, DeviceMemory] = msgspec.field(default_factory=dict)
    unbound: dict[str, list[Reading]] = msgspec.field(default_factory=dict)
    bins: dict[str, BinState] = msgspec.field(default_factory=dict)
    listening: Listening = msgspec.field(default_factory=Listening)
    clock_trusted: bool = True
    site_incidents: list[str] = msgspec.field(default_factory=list)
    known_loss: int = 0

    def memory_of(self, device: str) -> DeviceMemory:
        """The device's memory, made when it is first asked for."""
        memory = self.devices.get(device)
        if memory is None:
            memory = self.devices[device] = DeviceMemory()
        return memory

    def rules_of_time_hold(self) -> bool:
        """Whether silence, age and expiry may be judged now."""
        return self.listening.settled and self.clock_trusted


def dump(state: GroupState) -> bytes:
    """The whole state, for a snapshot: the same bytes whatever order its parts were loaded in."""
    in_order = msgspec.structs.replace(
        state,
        devices=dict(sorted(state.devices.items())),
        unbound=dict(sorted(state.unbound.items())),
        bins=dict(sorted(state.bins.items())),
    )
    return msgspec.msgpack.encode((STATE_VERSION, in_order))


def load(blob: bytes) -> GroupState:
    """Read a snapshot back. Raises `ValueError` where another version wrote it."""
    version, raw = msgspec.msgpack.decode(blob, type=tuple[int, msgspec.Raw])
    if version != STATE_VERSION:
        raise ValueError(
            f"the snapshot is of state version {version}, this is {STATE_VERSION}: "
            "start from the journal's beginning, or from the version that wrote it"
        )
    return msgspec.msgpack.decode(raw, type=GroupState)
