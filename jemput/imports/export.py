"""The bins of a registry as a file that import takes."""

import csv
import io
import json
from collections.abc import Collection, Iterator

from jemput.imports.bin_row import COLUMNS
from jemput.registry import Registry

Row = dict[str, str | int | float | None]


def to_csv(registry: Registry, at_s: int, only_sites: Collection[str] | None = None) -> str:
    """Every bin in use as a line, with what hangs on it at `at_s`."""
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(_rows(registry, at_s, only_sites))
    return text.getvalue()


def to_geojson(registry: Registry, at_s: int, only_sites: Collection[str] | None = None) -> str:
    """Every bin in use as a point, with what hangs on it at `at_s`."""
    features = []
    for row in _rows(registry, at_s, only_sites):
        point = {"type": "Point", "coordinates": [row.pop("lon"), row.pop("lat")]}
        properties = {name: value for name, value in row.items() if value is not None}
        features.append({"type": "Feature", "geometry": point, "properties": properties})
    collection = {"type": "FeatureCollection", "features": features}
    return json.dumps(collection, ensure_ascii=False, indent=1) + "\n"


def _rows(registry: Registry, at_s: int, only_sites: Collection[str] | None) -> Iterator[Row]:
    hanging = {registry.bin_of(device, at_s): device for device in sorted(registry.bindings)}
    for bin_id in sorted(registry.bins):
        a_bin = registry.bins[bin_id]
        halte = registry.haltes[a_bin.halte]
        if not registry.is_live("bin", bin_id):
            continue
        if only_sites is not None and halte.site not in only_sites:
            continue
        override = registry.policies.overrides.get(f"bin/{bin_id}", {})
        yield {
            "bin": bin_id,
            "waste": a_bin.waste,
            "halte": halte.id,
            "halte_name": halte.name,
            "site": halte.site,
            "site_name": registry.sites[halte.site].name,
            "lat": halte.lat,
            "lon": halte.lon,
            "bin_type": None,
            "empty_mm": a_bin.geometry.empty_mm,
            "full_mm": a_bin.geometry.full_mm,
            "blind_mm": a_bin.geometry.blind_mm,
            "cadence_s": a_bin.cadence_s,
            "call_percent": override.get("call_percent"),
            "rearm_percent": override.get("rearm_percent"),
            "device": hanging.get(bin_id),
        }
