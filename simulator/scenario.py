"""Load a scenario file: a town as TOML, checked word by word, its bins made by rule and seed."""

import tomllib
from dataclasses import dataclass
from pathlib import Path

from simulator.bin_rule import BinRule
from simulator.scenario_checks import check
from simulator.strict import ScenarioError, read
from simulator.town_plan import (
    Box,
    DevicePlan,
    FillPlan,
    Geometry,
    RadioPlan,
    Scenario,
    SensorPlan,
    SimCollector,
    SimHalte,
    SimSite,
    SimZone,
)

__all__ = ["Scenario", "ScenarioError", "load", "names"]

_FOLDER = Path(__file__).parent / "scenarios"


@dataclass(frozen=True, slots=True)
class _File:
    """The tables of a scenario file."""

    name: str
    seed: int
    site: SimSite
    box: Box
    zones: tuple[SimZone, ...]
    haltes: tuple[SimHalte, ...]
    collectors: tuple[SimCollector, ...]
    geometry: Geometry
    fill: FillPlan
    sensor: SensorPlan
    radio: RadioPlan
    device: DevicePlan


def names() -> list[str]:
    """The scenarios that come with the simulator."""
    return sorted(path.stem for path in _FOLDER.glob("*.toml"))


def load(scenario: str | Path) -> Scenario:
    """A scenario by its name, or from a TOML file. Raises `ScenarioError`."""
    file = read(_File, "", _merged(_path(scenario)))
    check(file.box, file.zones, file.haltes, file.collectors, file.fill)
    return Scenario(
        name=file.name,
        seed=file.seed,
        site=file.site,
        box=file.box,
        zones=file.zones,
        haltes=file.haltes,
        bins=BinRule(file.seed, file.geometry, file.fill, file.device).bins(file.haltes),
        collectors=file.collectors,
        fill=file.fill,
        sensor=file.sensor,
        radio=file.radio,
        device=file.device,
    )


def _path(scenario: str | Path) -> Path:
    path = Path(scenario)
    if path.suffix != ".toml":
        path = _FOLDER / f"{scenario}.toml"
    if not path.is_file():
        known = ", ".join(names())
        raise ScenarioError(f"no scenario {str(scenario)!r}: use {known}, or a .toml file of yours")
    return path


def _merged(path: Path, below: tuple[Path, ...] = ()) -> dict[str, object]:
    """The file's tables, laid over those of the scenario it extends."""
    if path in below:
        raise ScenarioError(f"{path.name} extends itself: remove one of its extends")
    try:
        own = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ScenarioError(f"{path.name} is not TOML: {error}") from error
    parent = own.pop("extends", None)
    if parent is None:
        return own
    beside = path.with_name(f"{parent}.toml")
    base = beside if beside.is_file() else _path(str(parent))
    return _laid_over(_merged(base, (*below, path)), own)


def _laid_over(base: dict[str, object], own: dict[str, object]) -> dict[str, object]:
    """Tables merge key by key; lists and values of `own` replace those of `base`."""
    merged = dict(base)
    for key, value in own.items():
        under = merged.get(key)
        if isinstance(under, dict) and isinstance(value, dict):
            merged[key] = _laid_over(under, value)
        else:
            merged[key] = value
    return merged
