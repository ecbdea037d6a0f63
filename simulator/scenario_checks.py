"""What must be true of a scenario beyond its spelling: names that meet, positions on the map."""

import re
from collections import Counter
from collections.abc import Iterable

from simulator.strict import ScenarioError
from simulator.town_plan import Box, FillPlan, SimCollector, SimHalte, SimZone

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
LANGUAGES = ("id", "en")
_ID = re.compile(r"[a-z0-9-]{1,32}")
_HOURS, _DAYS = 24, 7


def check(
    box: Box,
    zones: tuple[SimZone, ...],
    haltes: tuple[SimHalte, ...],
    collectors: tuple[SimCollector, ...],
    fill: FillPlan,
) -> None:
    """Raise `ScenarioError` at the first thing that cannot be."""
    _check_fill(fill)
    for kind, ids in (
        ("zone", [zone.id for zone in zones]),
        ("halte", [halte.id for halte in haltes]),
        ("bin", [f"{halte.id}-{waste}" for halte in haltes for waste in halte.wastes]),
        ("collector", [collector.id for collector in collectors]),
    ):
        _check_ids(kind, ids)
    for halte in haltes:
        _check_halte(halte, box, zones, fill)
    for collector in collectors:
        _check_collector(collector, zones, fill)


def _check_ids(kind: str, ids: list[str]) -> None:
    for name, count in Counter(ids).items():
        if _ID.fullmatch(name) is None:
            raise ScenarioError(f"{kind} {name!r}: use 1 to 32 of a-z, 0-9 and '-'")
        if count > 1:
            raise ScenarioError(f"{kind} {name!r} stands there {count} times: rename one")


def _check_known(where: str, what: str, used: Iterable[str], known: Iterable[str]) -> None:
    strange = sorted(set(used) - set(known))
    if strange:
        raise ScenarioError(f"{where}: no {what} {strange[0]!r}; there are {', '.join(known)}")


def _check_halte(halte: SimHalte, box: Box, zones: tuple[SimZone, ...], fill: FillPlan) -> None:
    where = f"halte {halte.id}"
    if not box.holds(halte.lat, halte.lon):
        raise ScenarioError(f"{where}: {halte.lat}, {halte.lon} is outside [box]: move it inside")
    _check_known(where, "zone", [halte.zone], [zone.id for zone in zones])
    _check_known(where, "waste", halte.wastes, fill.wastes)


def _check_collector(collector: SimCollector, zones: tuple[SimZone, ...], fill: FillPlan) -> None:
    where = f"collector {collector.id}"
    _check_known(where, "zone", collector.zones, [zone.id for zone in zones])
    _check_known(where, "waste", collector.wastes, fill.wastes)
    _check_known(where, "language", [collector.language], LANGUAGES)
    for name in ("late_share", "never_share", "no_access_share"):
        share = getattr(collector, name)
        if not 0 <= share <= 1:
            raise ScenarioError(f"{where}: {name} {share} is not between 0 and 1")
    if not 0 <= collector.from_hour < collector.to_hour <= _HOURS:
        raise ScenarioError(f"{where}: from_hour must come before to_hour, both within 0 to 24")


def _check_fill(fill: FillPlan) -> None:
    _check_known("fill.market_days", "weekday", fill.market_days, WEEKDAYS)
    for name, waste in fill.wastes.items():
        _check_known(f"fill.wastes.{name}", "rhythm", [waste.rhythm], fill.rhythms)
    for name, rhythm in fill.rhythms.items():
        if len(rhythm.hours) != _HOURS or len(rhythm.weekdays) != _DAYS:
            raise ScenarioError(f"fill.rhythms.{name}: give 24 hours and 7 weekdays")
        if min(*rhythm.hours, *rhythm.weekdays) < 0 or not sum(rhythm.hours):
            raise ScenarioError(f"fill.rhythms.{name}: weights are 0 or more, and not all 0")
