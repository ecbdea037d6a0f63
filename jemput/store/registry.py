"""The registry as it is now, and the only way to change it."""

from collections.abc import Iterable
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, Engine, select

from jemput.entry import Changed
from jemput.geometry import Geometry
from jemput.policy import Override
from jemput.registry import (
    Bind,
    Change,
    PutBin,
    PutCollector,
    PutHalte,
    PutPolicy,
    PutSite,
    PutZone,
    Registry,
)
from jemput.store import audit, registry_notes
from jemput.store import journal as journals
from jemput.store.checkpoints import upsert
from jemput.store.database import writing
from jemput.store.pickups import lock_group
from jemput.store.schema import thing as things
from jemput.things import Bin, Collector, Halte, Site, Zone

CHANGES_AT_ONCE: Final = 200
"""So many changes in one transaction, so that nobody waits long for the database."""


class RefusedChangeError(ValueError):
    """A change that cannot be taken; the message says what to do."""


class _BinRow(msgspec.Struct):
    bin: Bin
    geometries: list[tuple[int, Geometry]]


class RegistryStore:
    """The registry of one group."""

    def __init__(self, engine: Engine, group: str) -> None:
        """Take the database and the group's name; touch nothing."""
        self.engine = engine
        self.group = group

    def read(self) -> Registry:
        """The whole registry, with changes that the fold has not taken yet."""
        with self.engine.connect() as connection:
            return self._read(connection)

    def change(self, changes: Iterable[Change], *, by: str, now_ms: int) -> None:
        """Take changes in order; each takes effect in the fold with the writer's next entry.

        Each is in the audit log as `by`'s, at `now_ms`. Raises `RefusedChangeError` at the first
        that cannot be taken; whole parts of `CHANGES_AT_ONCE` before it stay.
        """
        waiting = list(changes)
        for start in range(0, len(waiting), CHANGES_AT_ONCE):
            self._change_some(waiting[start : start + CHANGES_AT_ONCE], by, now_ms)

    def _change_some(self, changes: list[Change], by: str, now_ms: int) -> None:
        with writing(self.engine) as connection:
            lock_group(connection, self.group)
            registry = self._read(connection)
            for change in changes:
                before = registry_notes.told(registry, change.thing)
                refused = registry.apply(change)
                if refused is not None:
                    raise RefusedChangeError(refused)
                journals.say(connection, self.group, Changed(change))
                line = registry_notes.note(
                    change, before, registry_notes.told(registry, change.thing)
                )
                audit.note(connection, by, now_ms, line)
            for change in changes:
                write_change(connection, self.group, change, registry)

    def _read(self, connection: Connection) -> Registry:
        registry = Registry()
        query = select(things.c.kind, things.c.id, things.c.blob)
        for kind, key, blob in connection.execute(query.where(things.c.group_id == self.group)):
            _put(registry, kind, key, blob)
        return registry


def write_change(connection: Connection, group: str, change: Change, registry: Registry) -> None:
    """Keep what a change made of `registry`, which has taken it."""
    for row in _rows(registry, change, group):
        upsert(connection, things, [row])


def _put(registry: Registry, kind: str, key: str, blob: bytes) -> None:
    match kind:
        case "site":
            registry.sites[key] = msgspec.msgpack.decode(blob, type=Site)
        case "halte":
            registry.haltes[key] = msgspec.msgpack.decode(blob, type=Halte)
        case "zone":
            registry.zones[key] = msgspec.msgpack.decode(blob, type=Zone)
        case "collector":
            registry.collectors[key] = msgspec.msgpack.decode(blob, type=Collector)
        case "bin":
            row = msgspec.msgpack.decode(blob, type=_BinRow)
            registry.bins[key], registry.geometries[key] = row.bin, row.geometries
        case "device":
            bindings = msgspec.msgpack.decode(blob, type=list[tuple[int, str | None]])
            registry.bindings[key] = bindings
        case "policy":
            registry.policies.overrides[key] = msgspec.msgpack.decode(blob, type=Override)


def _rows(registry: Registry, change: Change, group: str) -> list[dict[str, Any]]:
    kept: dict[tuple[str, str], object] = {}
    match change:
        case PutSite(site):
            kept["site", site.id] = site
        case PutHalte(halte):
            kept["halte", halte.id] = halte
        case PutZone(zone):
            kept["zone", zone.id] = zone
        case PutCollector(collector):
            kept["collector", collector.id] = collector
        case PutPolicy(scope, key, override):
            kept["policy", f"{scope}/{key}"] = override
        case PutBin(a_bin, _):
            kept["bin", a_bin.id] = _BinRow(a_bin, registry.geometries[a_bin.id])
        case Bind(device, bin_id, _):
            for other, history in registry.bindings.items():
                if other == device or any(held == bin_id for _, held in history):
                    kept["device", other] = history
    return [
        {"kind": kind, "id": key, "group_id": group, "blob": msgspec.msgpack.encode(value)}
        for (kind, key), value in kept.items()
    ]
