"""The condition of the device and the bin: battery, tilt, heat, silence."""

from collections.abc import Callable, Iterator
from typing import Final

from jemput.decisions import CloseIncident, Decision, IncidentKind, OpenIncident
from jemput.fold.state import Sample
from jemput.rules.view import View

CONFIRMED_BY: Final = 2
"""Readings in a row that must say so: one alone may be a misread byte or a passing shock."""


def safety(view: View) -> Iterator[Decision]:
    """Heat (fire) and tilt (fallen over): at once, when two readings in a row say so."""
    policy = view.policy
    yield from _confirmed(
        view, IncidentKind.HEAT, lambda one: _at_least(one.temperature_c, policy.heat_c)
    )
    yield from _confirmed(
        view, IncidentKind.TILT, lambda one: _at_least(one.tilt_deg, policy.tilt_deg)
    )


def battery(view: View) -> Iterator[Decision]:
    """The battery will not last: somebody has to bring a new one."""
    low_mv = view.policy.battery_low_mv
    yield from _confirmed(view, IncidentKind.BATTERY, lambda one: _at_most(one.battery_mv, low_mv))


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


def _confirmed(
    view: View, kind: IncidentKind, is_wrong: Callable[[Sample], bool | None]
) -> Iterator[Decision]:
    known = [wrong for one in view.bin_state.ring if (wrong := is_wrong(one)) is not None]
    latest = known[-CONFIRMED_BY:]
    reported = kind in view.bin_state.incidents
    if len(latest) == CONFIRMED_BY and all(latest) and not reported:
        detail = _detail(view, kind)
        yield OpenIncident(kind, view.bin.id, view.site, detail)
        yield view.tell_of_incident(kind, detail)
    elif reported and len(latest) == CONFIRMED_BY and not any(latest):
        yield CloseIncident(kind, view.bin.id, view.site)


def _detail(view: View, kind: IncidentKind) -> str:
    newest = view.bin_state.newest
    values = {
        IncidentKind.HEAT: f"{newest.temperature_c} °C" if newest else "",
        IncidentKind.TILT: f"{newest.tilt_deg}°" if newest else "",
        IncidentKind.BATTERY: f"{newest.battery_mv} mV" if newest else "",
    }
    return values[kind]


def _at_least(value: int | None, limit: int) -> bool | None:
    return None if value is None else value >= limit


def _at_most(value: int | None, limit: int) -> bool | None:
    return None if value is None else value <= limit
