"""Whose a thing of the registry is: by the sites that it is of."""

from collections.abc import Iterable

from api.viewer import Viewer
from jemput.changes import Retirable
from jemput.registry import Registry
from jemput.roles import User


def sites_of(registry: Registry, kind: Retirable, thing_id: str) -> set[str]:
    """The sites that a thing is of: of a zone those of its haltes, of a collector their zones'."""
    match kind:
        case "site":
            return {thing_id}
        case "halte":
            return {registry.haltes[thing_id].site}
        case "bin":
            return {registry.site_of(thing_id)}
        case "zone":
            return _sites_of_haltes(registry, registry.zones[thing_id].haltes)
        case "collector":
            zones = (registry.zones.get(one) for one in registry.collectors[thing_id].zones)
            return {
                site for zone in zones if zone for site in _sites_of_haltes(registry, zone.haltes)
            }


def is_seen(registry: Registry, viewer: Viewer, kind: Retirable, thing_id: str) -> bool:
    """Whether there is such a thing, and some of it is at a site that they see."""
    if thing_id not in registry.things(kind):
        return False
    if viewer.only_sites is None:
        return True
    return any(viewer.sees_site(one) for one in sites_of(registry, kind, thing_id))


def may_change(registry: Registry, user: User, kind: Retirable, thing_id: str) -> bool:
    """Whether all of a thing is theirs; what is of no site is of who is of all."""
    if not user.sites:
        return True
    sites = sites_of(registry, kind, thing_id)
    return bool(sites) and all(user.sees(one) for one in sites)


def _sites_of_haltes(registry: Registry, haltes: Iterable[str]) -> set[str]:
    return {registry.haltes[one].site for one in haltes if one in registry.haltes}
