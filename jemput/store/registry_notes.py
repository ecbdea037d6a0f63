"""What the audit log says of a change of the registry: the thing before and after it."""

from typing import Any, Final

import msgspec

from jemput.changes import Bind, Change, PutPolicy, Retire, Thing
from jemput.registry import Registry
from jemput.store import audit
from jemput.things import Bin, Collector

SECRET: Final = "is set"  # noqa: S105 - what stands in its place
RETIRED: Final = "retired_from_s"


def told(registry: Registry, thing: Thing) -> object:
    """A thing as the log tells it, without secrets; None where there is none."""
    kind, key = thing
    match kind:
        case "policy":
            return registry.policies.overrides.get(key)
        case "device":
            history = registry.bindings.get(key)
            return history and [{"from_s": from_s, "bin": held} for from_s, held in history]
        case "site" | "halte" | "zone" | "bin" | "collector":
            found = registry.things(kind).get(key)
            if found is None:
                return None
            fields = msgspec.structs.asdict(found) | _also(registry, found)
            retired_s = registry.retired_s(kind, key)
            return fields if retired_s is None else fields | {RETIRED: retired_s}
    return None


def line(change: Change, before: object, after: object) -> audit.Change:
    """What the log says of a change."""
    kind, key = change.thing
    return audit.Change(_what(change, before), kind, key, before, after)


def _what(change: Change, before: object) -> str:
    match change:
        case Retire():
            return "retired"
        case Bind():
            return "taken down" if change.bin is None else "hung"
        case PutPolicy():
            return "made" if before is None else "changed"
    if before is None:
        return "made"
    return "brought back" if isinstance(before, dict) and RETIRED in before else "changed"


def _also(registry: Registry, found: object) -> dict[str, Any]:
    """What of a thing is not to be told as it is kept."""
    match found:
        case Bin():
            measures = found.geometry
            named = {name: getattr(measures, name) for name in measures.__struct_fields__}
            return {"geometry": named | {"from_s": registry.geometries[found.id][-1][0]}}
        case Collector():
            return {"webhook_secret": None if found.webhook_secret is None else SECRET}
    return {}
