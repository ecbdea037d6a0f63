"""What the audit log says of a change of the registry: the thing before and after it."""

from typing import Any

import msgspec

from jemput.changes import Bind, Change, Thing
from jemput.registry import Registry
from jemput.store import audit
from jemput.things import Collector

SECRET = "is set"  # noqa: S105 - what stands in its place


def told(registry: Registry, thing: Thing) -> object:
    """A thing as the log tells it, without secrets; None where there is none."""
    kind, key = thing
    match kind:
        case "collector":
            return _collector(registry.collectors.get(key))
        case "policy":
            return registry.policies.overrides.get(key)
        case "device":
            history = registry.bindings.get(key)
            return history and [{"from_s": from_s, "bin": held} for from_s, held in history]
        case "bin":
            return _bin(registry, key)
        case _:
            places: dict[str, dict[str, Any]] = {
                "site": registry.sites,
                "halte": registry.haltes,
                "zone": registry.zones,
            }
            return places[kind].get(key)


def note(change: Change, before: object, after: object) -> audit.Change:
    """The line of a change."""
    kind, key = change.thing
    what = "made" if before is None else "changed"
    if isinstance(change, Bind):
        what = "taken down" if change.bin is None else "hung"
    return audit.Change(what, kind, key, before, after)


def _bin(registry: Registry, bin_id: str) -> object:
    a_bin = registry.bins.get(bin_id)
    if a_bin is None:
        return None
    geometry = a_bin.geometry
    measures = {name: getattr(geometry, name) for name in geometry.__struct_fields__}
    from_s = registry.geometries[bin_id][-1][0]
    return msgspec.structs.asdict(a_bin) | {"geometry": measures | {"from_s": from_s}}


def _collector(collector: Collector | None) -> object:
    if collector is None or collector.webhook_secret is None:
        return collector
    return msgspec.structs.replace(collector, webhook_secret=SECRET)
