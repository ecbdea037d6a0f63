"""Which bins are set up another way than before, and when one is going to be by itself."""

from collections.abc import Iterator, Mapping
from typing import TypeVar

from jemput.registry import Registry

Value = TypeVar("Value")


def touched(before: Registry, after: Registry) -> set[str]:
    """Bins that are set up another way in `after`, a registry that was made from `before`.

    What did not change is the same object in both, so that ten thousand bins take a millisecond
    or two. May name a bin that is as it was; names no bin that `after` does not know.
    """
    named = {*_changed(before.bins, after.bins), *_changed(before.geometries, after.geometries)}
    named |= {one.removeprefix("bin/") for one in _changed(before.retired, after.retired)}
    for device in _changed(before.bindings, after.bindings):
        for registry in (before, after):
            named |= {held for _, held in registry.bindings.get(device, ()) if held}
    return {one for one in named if one in after.bins} | _governed(before, after)


def next_turn_s(registry: Registry, bin_id: str, at_s: int) -> int | None:
    """When a bin's geometry or device is to change next after `at_s`; None where nothing waits."""
    turns = [from_s for from_s, _ in registry.geometries.get(bin_id, ())]
    for device in registry.hung_on(bin_id):
        turns += [from_s for from_s, _ in registry.bindings[device]]
    return min((one for one in turns if one > at_s), default=None)


def _governed(before: Registry, after: Registry) -> set[str]:
    """Bins whose halte changed, or the thresholds of their site, their waste or their own."""
    haltes = set(_changed(before.haltes, after.haltes))
    keys = set(_changed(before.policies.overrides, after.policies.overrides))
    if before.policies.base != after.policies.base:
        return set(after.bins)
    if not haltes and not keys:
        return set()
    return {
        one.id
        for one in after.bins.values()
        if one.halte in haltes
        or not keys.isdisjoint(
            (f"bin/{one.id}", f"waste/{one.waste}", f"site/{after.haltes[one.halte].site}")
        )
    }


def _changed(before: Mapping[str, Value], after: Mapping[str, Value]) -> Iterator[str]:
    if before is not after:
        yield from (key for key, value in after.items() if before.get(key) is not value)
