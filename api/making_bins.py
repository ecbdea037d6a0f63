"""From what somebody says of a bin to changes of the registry."""

from collections.abc import Iterator
from typing import Any, Final

from msgspec.structs import replace

from api.bin_shapes import BinChange, Measures, NewBin
from api.overriding import override
from jemput.bin_types import BIN_TYPES
from jemput.changes import Change, PutBin
from jemput.geometry import Geometry
from jemput.registry import Registry
from jemput.things import Bin

THRESHOLDS: Final = {"call_percent", "rearm_percent"}
PLACES: Final = frozenset({"import", "export"})
"""Addresses below /v1/bins that are none of a bin."""


def new_bin(registry: Registry, body: NewBin, now_s: int) -> list[Change]:
    """The changes that make a bin. Raises `ValueError`."""
    if body.id in PLACES:
        raise ValueError(f"no bin may be called {body.id!r}: choose another id")
    geometry = _geometry(body.bin_type, body.geometry)
    if geometry is None:
        raise ValueError("give a bin_type of GET /v1/bin-types, or measure: geometry")
    is_new = body.id not in registry.bins
    made = Bin(body.id, body.halte, body.waste, geometry, body.cadence_s)
    changes: list[Change] = [PutBin(made, 0 if is_new else now_s)]
    return [*changes, *_thresholds(registry, body.id, body, changes)]


def changed_bin(registry: Registry, bin_id: str, body: BinChange, now_s: int) -> list[Change]:
    """The changes of a known bin. Raises `ValueError`."""
    given = body.model_dump(exclude_unset=True, include={"halte", "waste", "cadence_s"})
    changed = replace(registry.bins[bin_id], **given)
    geometry = _geometry(body.bin_type, body.geometry)
    if geometry is not None:
        changed = replace(changed, geometry=geometry)
    from_s = body.from_s if "from_s" in body.model_fields_set else now_s
    is_same = changed == registry.bins[bin_id] and "from_s" not in body.model_fields_set
    changes: list[Change] = [] if is_same else [_put(registry, changed, from_s)]
    return [*changes, *_thresholds(registry, bin_id, body, changes)]


def _put(registry: Registry, changed: Bin, from_s: int) -> PutBin:
    """A geometry that stays holds from when it held."""
    newest_s, newest = registry.geometries[changed.id][-1]
    return PutBin(changed, newest_s if newest == changed.geometry else from_s)


def _geometry(bin_type: str | None, measured: Measures | None) -> Geometry | None:
    if bin_type is not None and measured is not None:
        raise ValueError("give bin_type or geometry, not both")
    if bin_type is not None:
        if bin_type not in BIN_TYPES:
            known = ", ".join(BIN_TYPES)
            raise ValueError(f"no bin_type is called {bin_type!r}; there are: {known}")
        return BIN_TYPES[bin_type]
    if measured is not None:
        return Geometry(measured.empty_mm, measured.full_mm, measured.blind_mm)
    return None


def _thresholds(
    registry: Registry, bin_id: str, body: NewBin | BinChange, changes: list[Change]
) -> Iterator[Change]:
    """What it overrides, where that fits what its site and kind of waste do."""
    given: dict[str, Any] = body.model_dump(exclude_unset=True, include=THRESHOLDS)
    overriding = list(override(registry, "bin", bin_id, given))
    after = registry.copy()
    if any(after.apply(one) is not None for one in changes):
        return  # refused, and said so, when it is taken
    for one in overriding:
        if refused := after.apply(one):
            raise ValueError(refused)
    policy = after.policy_of(bin_id)
    for name, value in given.items():
        if value is not None and getattr(policy, name) != value:
            message = (
                f"{name} {value} does not fit the other thresholds there: rearm_percent has to be "
                f"below call_percent; now they are {policy.rearm_percent} and {policy.call_percent}"
            )
            raise ValueError(message)
    yield from overriding
