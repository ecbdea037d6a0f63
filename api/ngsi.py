"""Bins and haltes as FIWARE's WasteContainer and WasteContainerIsle, in NGSI-LD.

Names, units and meanings are those of smart-data-models/dataModel.WasteManagement 0.3.0. What
the model has no attribute for, or what is not known, is left out: nothing is made up.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any, Final

from api import shapes

CONTAINER: Final = "WasteContainer"
ISLE: Final = "WasteContainerIsle"
CORE: Final = "https://uri.etsi.org/ngsi-ld/v1/ngsi-ld-core-context-v1.6.jsonld"
_ETSI: Final = "https://uri.etsi.org/ngsi-ld/"
_MODEL: Final = "https://smartdatamodels.org/dataModel.WasteManagement/"
_OURS: Final = (
    *(CONTAINER, ISLE, "address", "binFullnessThreshold", "binId", "binLoggedTime", "isleId"),
    *("dateLastEmptying", "fillingLevel", "name", "refDevice", "refWasteContainer"),
    *("refWasteContainerIsle", "storedWasteKind"),
)
CONTEXT: Final = {
    "@context": {name: f"{_MODEL}{name}" for name in sorted(_OURS)}
    | {name: f"{_ETSI}{name}" for name in ("location", "status")}
}
"""What our attributes mean, for whoever reads JSON-LD."""
FRACTION: Final = "C62"
PERCENT: Final = "P1"
"""UN/CEFACT codes: of a number without a unit, and of per cent."""
_KINDS: Final = {
    "organic": ("organik",),
    "inorganic": ("anorganik",),
    "glass": ("kaca",),
    "oil": ("minyak-jelantah",),
    "plastic": ("plastik",),
    "metal": ("logam",),
    "paper": ("kertas",),
    "batteries": ("baterai",),
    "electronics": ("elektronik",),
    "hazardous": ("b3",),
}
WASTE_KINDS: Final[Mapping[str, str]] = MappingProxyType(
    {name: kind for kind, names in _KINDS.items() for name in (kind, *names)}
)
"""The model's own kinds of waste, and what they are called here; the rest is `other`."""

Entity = dict[str, Any]


def uri(kind: str, name: str) -> str:
    """The URI that names an entity."""
    return f"urn:ngsi-ld:{kind}:{name}"


def container(a_bin: shapes.Bin, site_name: str, device: str | None, status: str) -> Entity:
    """A bin. `status` is of safety; a level only while it is known."""
    entity: Entity = {
        "id": uri(CONTAINER, a_bin.id),
        "type": CONTAINER,
        "location": _place(a_bin.halte),
        "address": _property({"district": site_name}),
        "binId": _property(a_bin.id),
        "isleId": _property(a_bin.halte.id),
        "storedWasteKind": _property(WASTE_KINDS.get(a_bin.waste, "other")),
        "status": _property(status),
        "binFullnessThreshold": _property(a_bin.call_percent, PERCENT),
        "refWasteContainerIsle": _relationship(uri(ISLE, a_bin.halte.id)),
    }
    heard = None if a_bin.heard_at_s is None else _time(a_bin.heard_at_s)
    if a_bin.level_percent is not None and heard is not None:
        level = _property(min(1.0, a_bin.level_percent / 100), FRACTION)
        entity["fillingLevel"] = level | {"observedAt": heard}
    if heard is not None:
        entity["binLoggedTime"] = _date(heard)
    if a_bin.emptied_at_s is not None:
        entity["dateLastEmptying"] = _date(_time(a_bin.emptied_at_s))
    if device is not None:
        entity["refDevice"] = _relationship(uri("Device", device))
    return entity


def isle(halte: shapes.Halte, site_name: str, bins: Iterable[str]) -> Entity:
    """A halte, with its bins."""
    entity: Entity = {
        "id": uri(ISLE, halte.id),
        "type": ISLE,
        "location": _place(halte),
        "address": _property({"district": site_name}),
        "name": _property(halte.name),
    }
    if found := [uri(CONTAINER, one) for one in bins]:
        entity["refWasteContainer"] = _relationship(found)
    return entity


def simplified(entity: Entity) -> Entity:
    """The entity as keys and values, without what the values are."""
    return {name: _value(told) for name, told in entity.items()}


def _value(told: Any) -> Any:  # noqa: ANN401 - any value of JSON
    if not isinstance(told, dict):
        return told
    value = told.get("object", told.get("value"))
    return value["@value"] if isinstance(value, dict) and "@value" in value else value


def _place(halte: shapes.Halte) -> Entity:
    point = {"type": "Point", "coordinates": [halte.lon, halte.lat]}
    return {"type": "GeoProperty", "value": point}


def _property(value: object, unit: str | None = None) -> Entity:
    found: Entity = {"type": "Property", "value": value}
    return found | {"unitCode": unit} if unit else found


def _relationship(to: str | list[str]) -> Entity:
    return {"type": "Relationship", "object": to}


def _date(time: str) -> Entity:
    return _property({"@type": "DateTime", "@value": time})


def _time(at_s: int) -> str:
    return datetime.fromtimestamp(at_s, UTC).isoformat().replace("+00:00", "Z")
