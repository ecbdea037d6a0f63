"""What hangs where, since when: the registry as the fold knows it.

It changes only by `Change`s, which are journaled, so that any past decision can be
taken again with the registry of its time.
"""

from bisect import bisect_right
from collections.abc import Sequence
from functools import cached_property
from typing import TypeVar

import msgspec
from msgspec import Struct

from jemput.changes import (
    Bind,
    Change,
    PutBin,
    PutCollector,
    PutHalte,
    PutPolicy,
    PutSite,
    PutZone,
)
from jemput.geometry import Geometry
from jemput.policy import Override, Policy, PolicyBook, Scope
from jemput.things import Bin, Collector, Halte, Site, Zone

__all__ = [
    "Bind",
    "Change",
    "PutBin",
    "PutCollector",
    "PutHalte",
    "PutPolicy",
    "PutSite",
    "PutZone",
    "Registry",
]
Value = TypeVar("Value")


class Registry(Struct, dict=True):
    """Everything known of the town. What holds from a time is `(from_s, value)`, in order."""

    sites: dict[str, Site] = msgspec.field(default_factory=dict)
    haltes: dict[str, Halte] = msgspec.field(default_factory=dict)
    zones: dict[str, Zone] = msgspec.field(default_factory=dict)
    bins: dict[str, Bin] = msgspec.field(default_factory=dict)
    collectors: dict[str, Collector] = msgspec.field(default_factory=dict)
    policies: PolicyBook = msgspec.field(default_factory=PolicyBook)
    geometries: dict[str, list[tuple[int, Geometry]]] = msgspec.field(default_factory=dict)
    bindings: dict[str, list[tuple[int, str | None]]] = msgspec.field(default_factory=dict)

    def bin_of(self, device: str, at_s: int) -> str | None:
        """The bin on which the device hung at that time."""
        return _held_at(self.bindings.get(device, ()), at_s)

    def geometry_of(self, bin_id: str, at_s: int) -> Geometry | None:
        """The bin's geometry at that time; before the first one known, the first."""
        history = self.geometries.get(bin_id, ())
        return _held_at(history, at_s) or (history[0][1] if history else None)

    def site_of(self, bin_id: str) -> str:
        """The site of a known bin."""
        return self.haltes[self.bins[bin_id].halte].site

    def policy_of(self, bin_id: str) -> Policy:
        """The policy of a known bin."""
        policy = self._policies.get(bin_id)
        if policy is None:
            site, waste = self.site_of(bin_id), self.bins[bin_id].waste
            policy = self.policies.resolve(site=site, waste=waste, bin_id=bin_id)
            self._policies[bin_id] = policy
        return policy

    @cached_property
    def _policies(self) -> dict[str, Policy]:
        """Resolved ones, until something changes. No field, so never stored."""
        return {}

    @cached_property
    def _hung(self) -> dict[str, set[str]]:
        """Devices that ever hung on each bin. No field, so never stored."""
        hung: dict[str, set[str]] = {}
        for device, history in self.bindings.items():
            for _, bin_id in history:
                if bin_id is not None:
                    hung.setdefault(bin_id, set()).add(device)
        return hung

    def collector_of(self, bin_id: str) -> Collector | None:
        """Who fetches this bin: the first by id whose zone and kinds of waste fit."""
        a_bin = self.bins[bin_id]
        for collector in sorted(self.collectors.values(), key=lambda one: one.id):
            if collector.serves(a_bin.waste) and self._reaches(collector, a_bin.halte):
                return collector
        return None

    def apply(self, change: Change) -> str | None:
        """Take a change; return a sentence where it cannot be taken, and change nothing."""
        self._policies.clear()
        match change:
            case PutSite(site):
                self.sites[site.id] = site
            case PutHalte(halte):
                if halte.site not in self.sites:
                    return f"halte {halte.id}: there is no site {halte.site!r}; add the site first"
                self.haltes[halte.id] = halte
            case PutZone(zone):
                self.zones[zone.id] = zone
            case PutCollector(collector):
                self.collectors[collector.id] = collector
            case PutPolicy(scope, key, override):
                return self._put_policy(scope, key, override)
            case PutBin(a_bin, from_s):
                return self._put_bin(a_bin, from_s)
            case Bind(device, bin_id, from_s):
                return self._bind(device, bin_id, from_s)
        return None

    def _put_policy(self, scope: Scope, key: str, override: Override) -> str | None:
        try:
            self.policies.put(scope, key, override)
        except ValueError as error:
            return str(error)
        return None

    def _put_bin(self, a_bin: Bin, from_s: int) -> str | None:
        if a_bin.halte not in self.haltes:
            return f"bin {a_bin.id}: there is no halte {a_bin.halte!r}; add the halte first"
        self.bins[a_bin.id] = a_bin
        _hold_from(self.geometries.setdefault(a_bin.id, []), from_s, a_bin.geometry)
        return None

    def _bind(self, device: str, bin_id: str | None, from_s: int) -> str | None:
        if bin_id is not None and bin_id not in self.bins:
            return f"device {device}: there is no bin {bin_id!r}; add the bin first"
        if bin_id is not None:
            hung_here = self._hung.setdefault(bin_id, set())
            for other in hung_here - {device}:
                if self.bin_of(other, from_s) == bin_id:
                    _hold_from(self.bindings[other], from_s, None)
            hung_here.add(device)
        _hold_from(self.bindings.setdefault(device, []), from_s, bin_id)
        return None

    def _reaches(self, collector: Collector, halte: str) -> bool:
        return any(
            halte in self.zones[zone].haltes for zone in collector.zones if zone in self.zones
        )


def _held_at(history: Sequence[tuple[int, Value]], at_s: int) -> Value | None:
    if history and history[-1][0] <= at_s:
        return history[-1][1]
    index = bisect_right(history, at_s, key=lambda held: held[0])
    return history[index - 1][1] if index else None


def _hold_from(history: list[tuple[int, Value]], from_s: int, value: Value) -> None:
    history[:] = [held for held in history if held[0] != from_s]
    history.append((from_s, value))
    history.sort(key=lambda held: held[0])
