"""Things of the registry as they are shown, and the tags of what is shown."""

from pydantic import BaseModel

from api import things
from api.bin_shapes import BinInTown, Measures, Setup
from api.etags import digest, tag_of
from api.services import Services
from api.town import show_bin
from api.viewer import Viewer
from jemput.changes import Retirable
from jemput.geometry import Geometry
from jemput.registry import Registry
from jemput.store.bins import BinNow


def show(
    services: Services, viewer: Viewer, registry: Registry, kind: Retirable, thing_id: str
) -> BaseModel:
    """A known thing, whatever its kind."""
    match kind:
        case "site":
            return show_site(registry, thing_id)
        case "halte":
            return show_halte(registry, thing_id)
        case "zone":
            return show_zone(registry, thing_id)
        case "collector":
            return show_collector(registry, thing_id)
        case "bin":
            (now,) = services.bins.list(registry, [thing_id])
            return show_bin_in_town(registry, now, viewer, services.clock.now_ms() // 1000)


def tag(  # noqa: PLR0913, PLR0917 - what a thing is shown by
    services: Services,
    viewer: Viewer,
    registry: Registry,
    kind: Retirable,
    thing_id: str,
    shown: BaseModel | None = None,
) -> str:
    """The tag of a known thing."""
    if shown is None:
        shown = show(services, viewer, registry, kind, thing_id)
    return tag_of_bin(shown) if isinstance(shown, BinInTown) else tag_of(shown)


def tag_of_bin(shown: BinInTown) -> str:
    """Two parts: how the bin is set up, and how it stands."""
    setup = f"{shown.waste} {shown.halte.id} {shown.setup.model_dump_json()}"
    return f'"{digest(setup.encode())}.{digest(shown.model_dump_json().encode())}"'


def show_site(registry: Registry, site_id: str) -> things.SiteInTown:
    """A site, with the thresholds of its own."""
    site, own = registry.sites[site_id], registry.policies.overrides.get(f"site/{site_id}", {})
    return things.SiteInTown(
        id=site.id,
        name=site.name,
        grouping=site.grouping,
        waves=list(site.waves),
        call_percent=own.get("call_percent"),
        rearm_percent=own.get("rearm_percent"),
        retired_at_s=registry.retired_s("site", site_id),
    )


def show_halte(registry: Registry, halte_id: str) -> things.HalteInTown:
    """A halte."""
    halte = registry.haltes[halte_id]
    return things.HalteInTown(
        id=halte.id,
        site=halte.site,
        name=halte.name,
        lat=halte.lat,
        lon=halte.lon,
        retired_at_s=registry.retired_s("halte", halte_id),
    )


def show_zone(registry: Registry, zone_id: str) -> things.ZoneInTown:
    """A zone."""
    zone = registry.zones[zone_id]
    return things.ZoneInTown(
        id=zone.id,
        name=zone.name,
        haltes=list(zone.haltes),
        retired_at_s=registry.retired_s("zone", zone_id),
    )


def show_collector(registry: Registry, collector_id: str) -> things.CollectorInTown:
    """A collector, without the secret."""
    one = registry.collectors[collector_id]
    return things.CollectorInTown(
        id=one.id,
        name=one.name,
        zones=list(one.zones),
        wastes=list(one.wastes),
        language=one.language,
        channels=list(one.channels),
        webhook_url=one.webhook_url,
        has_webhook_secret=one.webhook_secret is not None,
        retired_at_s=registry.retired_s("collector", collector_id),
    )


def show_bin_in_town(registry: Registry, now: BinNow, viewer: Viewer, at_s: int) -> BinInTown:
    """A bin as it stands now, and as it was set up at `at_s`."""
    setup = show_setup(registry, now.bin.id, at_s)
    return BinInTown(**dict(show_bin(now, viewer)), setup=setup)


def show_setup(registry: Registry, bin_id: str, at_s: int) -> Setup:
    """How a known bin was set up at a time."""
    own = registry.policies.overrides.get(f"bin/{bin_id}", {})
    from_s, geometry = held_geometry(registry, bin_id, at_s)
    return Setup(
        geometry=show_geometry(geometry),
        geometry_from_s=from_s,
        device=registry.device_of(bin_id, at_s),
        cadence_s=registry.bins[bin_id].cadence_s,
        rearm_percent=registry.policy_of(bin_id).rearm_percent,
        own_call_percent=own.get("call_percent"),
        own_rearm_percent=own.get("rearm_percent"),
        retired_at_s=registry.retired_s("bin", bin_id),
    )


def show_geometry(geometry: Geometry) -> Measures:
    """Distances by name."""
    return Measures(
        empty_mm=geometry.empty_mm, full_mm=geometry.full_mm, blind_mm=geometry.blind_mm
    )


def held_geometry(registry: Registry, bin_id: str, at_s: int) -> tuple[int, Geometry]:
    """The geometry of a known bin at a time, and since when; before the first one, the first."""
    history = registry.geometries[bin_id]
    held = [one for one in history if one[0] <= at_s]
    return held[-1] if held else history[0]
