"""Bins with their levels and open pickups, as the API lists them."""

import msgspec
from msgspec import Struct
from sqlalchemy import Engine, select

from jemput.pickup import Reason, State
from jemput.policy import Policy
from jemput.store.registry import RegistryStore
from jemput.store.schema import bin_state, pickup
from jemput.things import Bin, Halte


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
        self.registry = RegistryStore(engine, group)

    def list(self) -> list[BinNow]:
        """Every bin, by id."""
        registry = self.registry.read()
        with self.engine.connect() as connection:
            states = {row.bin: row for row in connection.execute(select(bin_state))}
            opened = connection.execute(select(pickup).where(pickup.c.is_open)).all()
        pickups = {row.bin: row for row in opened}
        bins = []
        for bin_id in sorted(registry.bins):
            a_bin = registry.bins[bin_id]
            now = BinNow(a_bin, registry.haltes[a_bin.halte], registry.policy_of(bin_id))
            if (state := states.get(bin_id)) is not None:
                now = msgspec.structs.replace(
                    now,
                    level_percent=state.level_percent,
                    at_s=state.at_s,
                    silent=state.silent,
                    emptied_at_s=state.emptied_at_s,
                    battery_mv=state.battery_mv,
                )
            if (row := pickups.get(bin_id)) is not None:
                now = msgspec.structs.replace(
                    now,
                    pickup=row.id,
                    pickup_state=State(row.state),
                    pickup_reason=Reason(row.reason),
                    collector=row.collector,
                )
            bins.append(now)
        return bins
