"""Bins with their levels and open pickups, as the API lists them."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any

import msgspec
from msgspec import Struct
from sqlalchemy import ColumnElement, Connection, Engine, Row, select

from jemput.pickup import Reason, State
from jemput.policy import Policy
from jemput.registry import Registry
from jemput.store.registry import RegistryStore
from jemput.store.schema import bin_state, pickup
from jemput.things import Bin, Halte

SOME = 1000
"""So many bins are asked for by name; of more, all are read."""


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

    def list(
        self, registry: Registry | None = None, bins: Collection[str] | None = None
    ) -> list[BinNow]:
        """Every bin in use by id, or known ones in the order of `bins`."""
        if registry is None:
            registry = self.registry.look()
        if bins is None:
            bins = [one for one in sorted(registry.bins) if registry.is_live("bin", one)]
        asked = bins if len(bins) <= SOME else None
        with self.engine.connect() as connection:
            states = self._states(connection, asked)
            pickups = self._pickups(connection, asked)
        return [_now(registry, one, states.get(one), pickups.get(one)) for one in bins]

    def states(self) -> Mapping[str, Row[Any]]:
        """How every bin stands that was ever heard: level_percent, at_s, silent, battery_mv."""
        with self.engine.connect() as connection:
            return self._states(connection, None)

    def _states(
        self, connection: Connection, asked: Iterable[str] | None
    ) -> Mapping[str, Row[Any]]:
        mine: ColumnElement[bool] = bin_state.c.group_id == self.group
        if asked is not None:
            mine &= bin_state.c.bin.in_(asked)
        return {row.bin: row for row in connection.execute(select(bin_state).where(mine))}

    def _pickups(
        self, connection: Connection, asked: Iterable[str] | None
    ) -> Mapping[str, Row[Any]]:
        mine = pickup.c.is_open & (pickup.c.group_id == self.group)
        if asked is not None:
            mine &= pickup.c.bin.in_(asked)
        return {row.bin: row for row in connection.execute(select(pickup).where(mine))}


def _now(
    registry: Registry, bin_id: str, state: Row[Any] | None, opened: Row[Any] | None
) -> BinNow:
    a_bin = registry.bins[bin_id]
    now = BinNow(a_bin, registry.haltes[a_bin.halte], registry.policy_of(bin_id))
    if state is not None:
        now = msgspec.structs.replace(
            now,
            level_percent=state.level_percent,
            at_s=state.at_s,
            silent=state.silent,
            emptied_at_s=state.emptied_at_s,
            battery_mv=state.battery_mv,
        )
    if opened is not None:
        now = msgspec.structs.replace(
            now,
            pickup=opened.id,
            pickup_state=State(opened.state),
            pickup_reason=Reason(opened.reason),
            collector=opened.collector,
        )
    return now
