"""What the API stands on: stores, a clock, a gate. Built by whoever starts it; frozen."""

from dataclasses import dataclass, field
from typing import Protocol

from sqlalchemy import Engine

from api.gate import Gate
from api.ground import Ground
from api.tries import Tries
from jemput.store.bins import Bins
from jemput.store.clock import Clock
from jemput.store.history import HistoryDownError, Point
from jemput.store.outbox import Outbox
from jemput.store.pickups import Pickups
from jemput.store.registry import RegistryStore


class HistoryReader(Protocol):
    """Where the readings of a bin are kept."""

    async def read(
        self, bin_id: str, from_s: int, to_s: int, every_s: int | None = None
    ) -> list[Point]:
        """Readings with from_s <= time < to_s, oldest first; means where `every_s`.

        Raises `OSError` where it does not answer, `HistoryDownError` where it knows since when.
        """
        ...

    async def trouble(self) -> HistoryDownError | None:
        """What is wrong with it, None where nothing is. Raises nothing."""
        ...

    async def close(self) -> None:
        """End connections; another question may open them again."""
        ...


@dataclass(frozen=True, slots=True)
class Limits:
    """How late is too late, in the run's clock, and how many may listen."""

    writer_late_ms: int = 15 * 60_000
    outbox_late_ms: int = 5 * 60_000
    sink_late_ms: int = 5 * 60_000
    listeners: int = 200
    look_every_s: float = 1.0
    heartbeat_s: float = 10.0
    listen_s: float = 600.0


@dataclass(frozen=True, slots=True)
class Services:
    """Everything `create_app` needs.

    `invented` marks the town as made up even where no site's name says so. Where reading is
    open, nobody needs to say who they are to see everything. `api_url` is how people reach it;
    `webhooks_to_lan` is whether events may go to private networks.
    """

    engine: Engine
    group: str
    clock: Clock
    gate: Gate
    bins: Bins
    pickups: Pickups
    registry: RegistryStore
    history: HistoryReader
    outbox: Outbox
    invented: bool = False
    open_reading: bool = False
    webhooks_to_lan: bool = False
    api_url: str = ""
    ground: Ground = field(default_factory=Ground)
    limits: Limits = field(default_factory=Limits)
    tries: Tries = field(default_factory=Tries)
