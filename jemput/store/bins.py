"""Bins with their levels and open pickups, as the API lists them."""

from collections.abc import Collection, Mapping
from typing import Final

from msgspec import Struct
from sqlalchemy import Engine

from jemput.pickup import Reason, State
from jemput.policy import Policy
from jemput.registry import Registry
from jemput.store.registry import RegistryStore
from jemput.store.standing import Level, Levels, OpenPickup, open_pickups
from jemput.things import Bin, Halte

FEW: Final = 100
"""So many bins are asked for by name; of more, all are looked at."""
NEVER_HEARD: Final = Level()


class BinNow(Struct, frozen=True):
    """A bin as it stands: `level_percent` is the filtered level, None while unknown."""

    bin: Bin
    halte: Halte
    policy: Policy
    level_percent: int | None = None
    at_s: int | None = None
    silent: bool = False
    emptied_at_s: int | None = None
    battery_mv: int | None = None
    pickup: str | None = None
    pickup_state: State | None = None
    pickup_reason: Reason | None = None
    collector: str | None = None


class Bins:
    """The bins of one group as they stand."""

    def __init__(self, engine: Engine, group: str) -> None:
        """Take the database and the group's name; touch nothing."""
        self.engine = engine
        self.group = group
        self.registry = RegistryStore(engine, group)
        self._levels = Levels(group)

    def list(
        self, registry: Registry | None = None, bins: Collection[str] | None = None
    ) -> list[BinNow]:
        """Every bin in use by id, or known ones in the order of `bins`."""
        if registry is None:
            registry = self.registry.look()
        if bins is None:
            bins = [one for one in sorted(registry.bins) if registry.is_live("bin", one)]
        levels, pickups = self._few(bins) if len(bins) <= FEW else self.look()
        return [bin_now(registry, one, levels.get(one), pickups.get(one)) for one in bins]

    def look(self) -> tuple[Mapping[str, Level], Mapping[str, OpenPickup]]:
        """How every bin stands that was ever heard, and every open pickup, at one moment.

        A level that did not move is the same object as at the look before.
        """
        with self.engine.connect() as connection:
            return self._levels.look(connection), open_pickups(connection, self.group)

    def _few(self, bins: Collection[str]) -> tuple[Mapping[str, Level], Mapping[str, OpenPickup]]:
        with self.engine.connect() as connection:
            levels = self._levels.of(connection, bins)
            return levels, open_pickups(connection, self.group, bins)


def bin_now(
    registry: Registry, bin_id: str, level: Level | None, opened: OpenPickup | None
) -> BinNow:
    """A known bin as it stands."""
    a_bin, level = registry.bins[bin_id], level or NEVER_HEARD
    return BinNow(
        a_bin,
        registry.haltes[a_bin.halte],
        registry.policy_of(bin_id),
        level.percent,
        level.at_s,
        level.silent,
        level.emptied_at_s,
        level.battery_mv,
        opened.id if opened else None,
        opened.state if opened else None,
        opened.reason if opened else None,
        opened.collector if opened else None,
    )
