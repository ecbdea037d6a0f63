"""What hangs where, since when: the registry as the fold knows it.

It changes only by `Change`s, which are journaled, so that any past decision can be
taken again with the registry of its time.
"""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Final, TypeVar

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
    Retirable,
    Retire,
)
from jemput.geometry import Geometry
from jemput.policy import Override, Policy, PolicyBook, Scope
from jemput.standing import Standing
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
    "Retire",
]
Value = TypeVar("Value")
MOST_NAMED: Final = 3
USED_BY: Final[Mapping[Retirable, Retirable]] = {
    "site": "halte",
    "halte": "bin",
    "zone": "collector",
}


class Registry(Struct, dict=True):
    """Everything known of the town. What holds from a time is `(from_s, value)`, in order.

    `retired` says since when a thing, `kind/id`, is out of use; None once it came back.
    """

    sites: dict[str, Site] = msgspec.field(default_factory=dict)
    haltes: dict[str, Halte] = msgspec.field(default_factory=dict)
    zones: dict[str, Zone] = msgspec.field(default_factory=dict)
    bins: dict[str, Bin] = msgspec.field(default_factory=dict)
    collectors: dict[str, Collector] = msgspec.field(default_factory=dict)
    policies: PolicyBook = msgspec.field(default_factory=PolicyBook)
    geometries: dict[str, list[tuple[int, Geometry]]] = msgspec.field(default_factory=dict)
    bindings: dict[str, list[tuple[int, str | None]]] = msgspec.field(default_factory=dict)
    retired: dict[str, int | None] = msgspec.field(default_factory=dict)

    def retired_s(self, kind: str, thing_id: str) -> int | None:
        """Since when a thing is out of use; None while it is in use."""
        return self.retired.get(f"{kind}/{thing_id}")

    def is_live(self, kind: Retirable, thing_id: str) -> bool:
        """Whether there is such a thing, and it is in use."""
        return thing_id in self.things(kind) and self.retired_s(kind, thing_id) is None

    def things(self, kind: Retirable) -> Mapping[str, Site | Halte | Zone | Bin | Collector]:
        """All of a kind by id, the retired too."""
        by_kind: dict[Retirable, Mapping[str, Site | Halte | Zone | Bin | Collector]] = {
            "site": self.sites,
            "halte": self.haltes,
            "zone": self.zones,
            "bin": self.bins,
            "collector": self.collectors,
        }
        return by_kind[kind]

    def in_zone(self, zone_id: str) -> tuple[str, ...]:
        """The haltes of a zone; none where there is no such zone."""
        zone = self.zones.get(zone_id)
        return zone.haltes if zone is not None else ()

    def device_of(self, bin_id: str, at_s: int) -> str | None:
        """The device that hung on a bin at that time."""
        hung = self.hung_on(bin_id)
        return next((one for one in hung if self.bin_of(one, at_s) == bin_id), None)

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
        return self.standing_of(bin_id).policy

    def standing_of(self, bin_id: str) -> Standing:
        """What holds of a known bin until something changes."""
        standing = self._standings.get(bin_id)
        if standing is None:
            a_bin, site = self.bins[bin_id], self.site_of(bin_id)
            policy = self.policies.resolve(site=site, waste=a_bin.waste, bin_id=bin_id)
            is_retired = self.retired_s("bin", bin_id) is not None
            standing = Standing.of(a_bin, policy, site, is_retired=is_retired)
            self._standings[bin_id] = standing
        return standing

    def hung_on(self, bin_id: str) -> list[str]:
        """The devices that ever hung on a bin, or are to, by id."""
        return sorted(self._hung.get(bin_id, ()))

    def copy(self) -> "Registry":
        """Another one that changes by itself: what is in it never does."""
        return Registry(
            sites=dict(self.sites),
            haltes=dict(self.haltes),
            zones=dict(self.zones),
            bins=dict(self.bins),
            collectors=dict(self.collectors),
            policies=PolicyBook(self.policies.base, dict(self.policies.overrides)),
            geometries=dict(self.geometries),
            bindings=dict(self.bindings),
            retired=dict(self.retired),
        )

    @cached_property
    def _standings(self) -> dict[str, Standing]:
        """Put together ones, until something changes. No field, so never stored."""
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
        """Who fetches this bin: the first by id, in use, whose zone and kinds of waste fit."""
        a_bin = self.bins[bin_id]
        for collector in sorted(self.collectors.values(), key=lambda one: one.id):
            fits = collector.serves(a_bin.waste) and self._reaches(collector, a_bin.halte)
            if fits and self.retired_s("collector", collector.id) is None:
                return collector
        return None

    def apply(self, change: Change) -> str | None:
        """Take a change; return a sentence where it cannot be taken, and change nothing."""
        refused = self._refused(change)
        if refused is not None:
            return refused
        self._standings.clear()
        match change:
            case PutPolicy(scope, key, override):
                return self._put_policy(scope, key, override)
            case Bind(device, bin_id, from_s):
                self._bind(device, bin_id, from_s)
            case Retire():
                self._retire(change)
            case _:
                self._put(change)
        return None

    def _put(self, change: PutSite | PutHalte | PutZone | PutBin | PutCollector) -> None:
        match change:
            case PutSite(site):
                self.sites[site.id] = site
            case PutHalte(halte):
                self.haltes[halte.id] = halte
            case PutZone(zone):
                self.zones[zone.id] = zone
            case PutCollector(collector):
                self.collectors[collector.id] = collector
            case PutBin(a_bin, from_s):
                self.bins[a_bin.id] = a_bin
                known = self.geometries.get(a_bin.id, ())
                self.geometries[a_bin.id] = _held_from(known, from_s, a_bin.geometry)
        key = "/".join(change.thing)
        if key in self.retired:
            self.retired[key] = None

    def _refused(self, change: Change) -> str | None:
        """Why a change cannot be taken, and what to do first."""
        match change:
            case PutHalte(halte):
                return self._needs(f"halte {halte.id}", "site", halte.site)
            case PutBin(a_bin):
                return self._needs(f"bin {a_bin.id}", "halte", a_bin.halte)
            case PutCollector(collector):
                named = (one for one in collector.zones if one in self.zones)
                reasons = (self._needs(f"collector {collector.id}", "zone", one) for one in named)
                return next((one for one in reasons if one), None)
            case Bind(device, bin_id) if bin_id is not None:
                return self._needs(f"device {device}", "bin", bin_id)
            case Retire(kind, thing_id):
                return self._still_used(kind, thing_id)
            case _:
                return None

    def _needs(self, what: str, kind: Retirable, thing_id: str) -> str | None:
        if thing_id not in self.things(kind):
            return f"{what}: there is no {kind} {thing_id!r}; add the {kind} first"
        if not self.is_live(kind, thing_id):
            return f"{what}: {kind} {thing_id} is retired; put it again first, or name another"
        return None

    def _still_used(self, kind: Retirable, thing_id: str) -> str | None:
        if thing_id not in self.things(kind):
            return f"there is no {kind} {thing_id!r}"
        if not self.is_live(kind, thing_id):
            return f"{kind} {thing_id} is retired already"
        users = self.users_of(kind, thing_id)
        if not users:
            return None
        named, what = ", ".join(sorted(users)[:MOST_NAMED]), USED_BY[kind]
        more = ", …" if len(users) > MOST_NAMED else ""
        counted = f"{len(users)} {what}{'' if len(users) == 1 else 's'}"
        return f"{kind} {thing_id} has {counted} in use ({named}{more}): move or retire them first"

    def users_of(self, kind: Retirable, thing_id: str) -> list[str]:
        """The haltes of a site, bins of a halte or collectors of a zone that are in use."""
        match kind:
            case "site":
                of = (one.id for one in self.haltes.values() if one.site == thing_id)
            case "halte":
                of = (one.id for one in self.bins.values() if one.halte == thing_id)
            case "zone":
                of = (one.id for one in self.collectors.values() if thing_id in one.zones)
            case _:
                return []
        return [one for one in of if self.is_live(USED_BY[kind], one)]

    def _retire(self, change: Retire) -> None:
        self.retired["/".join(change.thing)] = change.from_s
        for device in self._hung.get(change.id, ()) if change.kind == "bin" else ():
            history = self.bindings[device]
            if _held_at(history, change.from_s) == change.id:
                history = _held_from(history, change.from_s, None)
            self.bindings[device] = [
                (at_s, None if held == change.id and at_s >= change.from_s else held)
                for at_s, held in history
            ]

    def _put_policy(self, scope: Scope, key: str, override: Override) -> str | None:
        try:
            self.policies.put(scope, key, override)
        except ValueError as error:
            return str(error)
        return None

    def _bind(self, device: str, bin_id: str | None, from_s: int) -> None:
        if bin_id is not None:
            hung_here = self._hung.setdefault(bin_id, set())
            for other in hung_here - {device}:
                if self.bin_of(other, from_s) == bin_id:
                    self.bindings[other] = _held_from(self.bindings[other], from_s, None)
            hung_here.add(device)
        self.bindings[device] = _held_from(self.bindings.get(device, ()), from_s, bin_id)

    def _reaches(self, collector: Collector, halte: str) -> bool:
        return any(
            halte in self.zones[zone].haltes for zone in collector.zones if zone in self.zones
        )


def _held_at(history: Sequence[tuple[int, Value]], at_s: int) -> Value | None:
    if history and history[-1][0] <= at_s:
        return history[-1][1]
    index = bisect_right(history, at_s, key=lambda held: held[0])
    return history[index - 1][1] if index else None


def _held_from(
    history: Sequence[tuple[int, Value]], from_s: int, value: Value
) -> list[tuple[int, Value]]:
    others = [held for held in history if held[0] != from_s]
    return sorted([*others, (from_s, value)], key=lambda held: held[0])
