"""The town as the API shows it to somebody: stores in, shapes out."""

from dataclasses import dataclass
from typing import Any, Final

from api import shapes
from api.services import Services
from api.viewer import EVERYTHING, Viewer
from jemput import pickup as domain
from jemput.registry import Registry
from jemput.store.bins import BinNow
from jemput.store.pickups import UnknownPickupError
from jemput.things import Halte

INVENTED: Final = "(invented)"


@dataclass(frozen=True, slots=True)
class Town:
    """Reads the stores anew at each call."""

    services: Services
    viewer: Viewer = EVERYTHING

    def now_s(self) -> int:
        """The run's time."""
        return self.services.clock.now_ms() // 1000

    def bins(self) -> shapes.Bins:
        """Every bin in use."""
        return self._bins(self.services.registry.look())

    def bin(self, bin_id: str) -> shapes.Bin | None:
        """One bin, in use or retired; None where there is none of that id."""
        registry = self.services.registry.look()
        if bin_id not in registry.bins or not self.viewer.sees_site(registry.site_of(bin_id)):
            return None
        (now,) = self.services.bins.list(registry, [bin_id])
        return show_bin(now, self.viewer)

    def pickups(self, *, only_open: bool, bin_id: str | None = None) -> shapes.Pickups:
        """Pickups, newest first."""
        registry = self.services.registry.look()
        return shapes.Pickups(
            now_s=self.now_s(), pickups=self._pickups(registry, only_open=only_open, bin_id=bin_id)
        )

    def pickup(self, pickup_id: str) -> shapes.PickupWithMoves:
        """One pickup with its moves. Raises `UnknownPickupError`, also where it is hidden."""
        found = self.services.pickups.get(pickup_id)
        shown = show_pickup(found, self.services.registry.look())
        if not self.viewer.sees_pickup(found.collector, shown.halte.site):
            raise UnknownPickupError(pickup_id)
        moves = [
            shapes.Move(state=one.state, at_s=one.at_ms // 1000, by=one.by, note=one.note)
            for one in self.services.pickups.moves(pickup_id)
        ]
        return shapes.PickupWithMoves(**dict(shown), moves=moves)

    def about(self, registry: Registry) -> dict[str, Any]:
        """What is said beside bins: the time, the sites, and whether all of it is made up."""
        sites = [
            shapes.Site(id=one.id, name=one.name)
            for one in registry.sites.values()
            if self.viewer.sees_site(one.id) and registry.is_live("site", one.id)
        ]
        invented = self.services.invented or any(INVENTED in one.name for one in sites)
        return {"now_s": self.now_s(), "invented": invented, "sites": sites}

    def _bins(self, registry: Registry) -> shapes.Bins:
        return shapes.Bins(**self.about(registry), bins=self._seen_bins(registry))

    def _seen_bins(self, registry: Registry) -> list[shapes.Bin]:
        return [
            show_bin(one, self.viewer)
            for one in self.services.bins.list(registry)
            if self.viewer.sees_site(one.halte.site)
        ]

    def _pickups(
        self, registry: Registry, *, only_open: bool, bin_id: str | None = None
    ) -> list[shapes.Pickup]:
        found = self.services.pickups.list(
            only_open=only_open,
            bin_id=bin_id,
            collector=self.viewer.only_collector,
            sites=self.viewer.only_sites,
        )
        return [show_pickup(one, registry) for one in found]


def show_bin(now: BinNow, viewer: Viewer = EVERYTHING) -> shapes.Bin:
    """A bin as it is shown: a level that is not known now is not shown as one."""
    condition = condition_of(now)
    level = now.level_percent if condition is shapes.Condition.OK else None
    return shapes.Bin(
        id=now.bin.id,
        waste=now.bin.waste,
        halte=show_halte(now.halte),
        state=condition,
        band=band_of(now, level),
        level_percent=level,
        last_level_percent=now.level_percent,
        call_percent=now.policy.call_percent,
        heard_at_s=now.at_s,
        emptied_at_s=now.emptied_at_s,
        battery_mv=now.battery_mv,
        pickup=_open_pickup(now, viewer),
    )


def show_halte(halte: Halte) -> shapes.Halte:
    """A halte as it is shown."""
    return shapes.Halte(id=halte.id, name=halte.name, site=halte.site, lat=halte.lat, lon=halte.lon)


def show_pickup(found: domain.Pickup, registry: Registry) -> shapes.Pickup:
    """A pickup with what a person needs to find the bin."""
    a_bin = registry.bins[found.bin]
    collector = registry.collectors.get(found.collector) if found.collector else None
    return shapes.Pickup(
        id=found.id,
        bin=found.bin,
        waste=a_bin.waste,
        halte=show_halte(registry.haltes[a_bin.halte]),
        state=found.state,
        reason=found.reason,
        collector=found.collector,
        collector_name=collector.name if collector else None,
        opened_at_s=found.opened_ms // 1000,
        moved_at_s=found.moved_ms // 1000,
        flag=found.flag,
        note=found.note,
        why=_show_why(found.why),
    )


def _show_why(why: domain.Why) -> shapes.Why:
    evidence = [
        shapes.Evidence(**one.identity._asdict(), at_s=one.at_s, fill_percent=one.fill_percent)
        for one in why.evidence
    ]
    return shapes.Why(rule=why.rule, numbers=why.numbers, evidence=evidence)


def _open_pickup(now: BinNow, viewer: Viewer) -> shapes.OpenPickup | None:
    if now.pickup is None or now.pickup_state is None or now.pickup_reason is None:
        return None
    if not viewer.sees_pickup(now.collector, now.halte.site):
        return None
    return shapes.OpenPickup(
        id=now.pickup, state=now.pickup_state, reason=now.pickup_reason, collector=now.collector
    )


def condition_of(now: BinNow) -> shapes.Condition:
    """Whether a bin's level is known."""
    if now.at_s is None:
        return shapes.Condition.NEVER_HEARD
    if now.silent:
        return shapes.Condition.SILENT
    return shapes.Condition.UNREADABLE if now.level_percent is None else shapes.Condition.OK


def band_of(now: BinNow, level: int | None) -> shapes.Band:
    """A level, where it is known, by the bin's policy."""
    if level is None:
        return shapes.Band.UNKNOWN
    if level >= now.policy.call_percent:
        return shapes.Band.FULL
    return shapes.Band.EMPTY if level < now.policy.rearm_percent else shapes.Band.NORMAL
