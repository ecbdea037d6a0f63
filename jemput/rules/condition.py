"""The condition of the device and the bin: battery, tilt, heat, silence."""

from collections.abc import Callable, Iterator, Sequence
from operator import attrgetter
from typing import Final

from jemput.decisions import CloseIncident, Decision, IncidentKind, OpenIncident
from jemput.fold.state import Sample
from jemput.rules.view import View

CONFIRMED_BY: Final = 2
"""Readings in a row that must say so: one alone may be a misread byte or a passing shock."""

_TEMPERATURE_C: Final = attrgetter("temperature_c")
_TILT_DEG: Final = attrgetter("tilt_deg")
_BATTERY_MV: Final = attrgetter("battery_mv")


def safety(view: View) -> Iterator[Decision]:
    """Heat (fire) and tilt (fallen over): at once, when two readings in a row say so."""
    temperatures = _latest(view, _TEMPERATURE_C)
    tilts = _latest(view, _TILT_DEG)
    heat_c, tilt_deg = view.policy.heat_c, view.policy.tilt_deg
    yield from _confirmed(view, IncidentKind.HEAT, [one >= heat_c for one in temperatures])
    yield from _confirmed(view, IncidentKind.TILT, [one >= tilt_deg for one in tilts])


def battery(view: View) -> Iterator[Decision]:
    """The battery will not last: somebody has to bring a new one."""
    low_mv = view.policy.battery_low_mv
    wrong = [one <= low_mv for one in _latest(view, _BATTERY_MV)]
    yield from _confirmed(view, IncidentKind.BATTERY, wrong)


def silence(view: View) -> Iterator[Decision]:
    """Nothing heard for several cadences of listening: say so, once; heard again: it is over.

    Where much of the site is silent, one incident of the site says it instead
    (`jemput.rules.site_silence`).
    """
    state = view.bin_state
    reported = IncidentKind.SILENCE in state.incidents
    silent_ms = silent_for_ms(view)
    if silent_ms < silence_limit_ms(view):
        if reported:
            yield CloseIncident(IncidentKind.SILENCE, view.bin.id, view.site)
        return
    if reported or not view.time_rules or view.site in view.state.site_incidents:
        return
    if silent_ms >= report_limit_ms(view):
        detail = f"nothing heard for {silent_ms // 60_000} min"
        yield OpenIncident(IncidentKind.SILENCE, view.bin.id, view.site, detail)
        yield view.tell_of_incident(IncidentKind.SILENCE, detail)


def silent_for_ms(view: View) -> int:
    """Time spent listening to this bin without hearing it."""
    return view.state.listening.listened_ms(view.now_ms) - view.bin_state.heard_listened_ms


def silence_limit_ms(view: View) -> int:
    """From when on a bin counts as silent: its level is unknown."""
    return view.policy.silence_cadences * view.bin.cadence_s * 1000


def report_limit_ms(view: View) -> int:
    """From when on a silent bin is reported: later, so that a silent site can be told from it."""
    grace_ms = view.policy.silence_grace_cadences * view.bin.cadence_s * 1000
    return silence_limit_ms(view) + grace_ms


def _latest(view: View, value_of: Callable[[Sample], int | None]) -> list[int]:
    """The newest values that are known, newest first: as many as it takes to confirm."""
    latest: list[int] = []
    for one in reversed(view.bin_state.ring):
        value = value_of(one)
        if value is not None:
            latest.append(value)
            if len(latest) == CONFIRMED_BY:
                break
    return latest


def _confirmed(view: View, kind: IncidentKind, wrong: list[bool]) -> Sequence[Decision]:
    if len(wrong) < CONFIRMED_BY:
        return ()
    reported = kind in view.bin_state.incidents
    if all(wrong) and not reported:
        detail = _detail(view, kind)
        opened = OpenIncident(kind, view.bin.id, view.site, detail)
        return opened, view.tell_of_incident(kind, detail)
    if reported and not any(wrong):
        return (CloseIncident(kind, view.bin.id, view.site),)
    return ()


def _detail(view: View, kind: IncidentKind) -> str:
    newest = view.bin_state.newest
    values = {
        IncidentKind.HEAT: f"{newest.temperature_c} °C" if newest else "",
        IncidentKind.TILT: f"{newest.tilt_deg}°" if newest else "",
        IncidentKind.BATTERY: f"{newest.battery_mv} mV" if newest else "",
    }
    return values[kind]
