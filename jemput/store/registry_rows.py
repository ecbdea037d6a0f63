"""The registry as rows: one for each thing, and one for each that is or was retired."""

from typing import Any

import msgspec

from jemput.changes import (
    Bind,
    Change,
    PutBin,
    PutCollector,
    PutHalte,
    PutPolicy,
    PutSite,
    PutZone,
    Retire,
)
from jemput.geometry import Geometry
from jemput.policy import Override
from jemput.registry import Registry
from jemput.things import Bin, Collector, Halte, Site, Zone


class _BinRow(msgspec.Struct):
    bin: Bin
    geometries: list[tuple[int, Geometry]]


def put(registry: Registry, kind: str, key: str, blob: bytes) -> None:
    """Put what a row holds into a registry."""
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
        case "retired":
            registry.retired[key] = msgspec.msgpack.decode(blob, type=int | None)


def rows(registry: Registry, change: Change) -> list[dict[str, Any]]:
    """The rows that a change touched of a registry that has taken it."""
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
            kept |= _hung(registry, bin_id)
            kept["device", device] = registry.bindings[device]
        case Retire("bin", bin_id):
            kept |= _hung(registry, bin_id)
    mark = "/".join(change.thing)
    if mark in registry.retired:
        kept["retired", mark] = registry.retired[mark]
    return [
        {"kind": kind, "id": key, "blob": msgspec.msgpack.encode(value)}
        for (kind, key), value in kept.items()
    ]


def _hung(registry: Registry, bin_id: str | None) -> dict[tuple[str, str], object]:
    devices = registry.hung_on(bin_id) if bin_id is not None else ()
    return {("device", one): registry.bindings[one] for one in devices}
