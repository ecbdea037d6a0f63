"""The condition of the device and the bin: battery, tilt, heat, silence."""

from collections.abc import Iterator, Sequence
from typing import Final

from jemput.decisions import CloseIncident, Decision, IncidentKind
from jemput.rules.view import View

CONFIRMED_BY: Final = 2
"""Readings in a row that must say so: one alone may be a misread byte or a passing shock."""


def is_plain(view: View) -> bool:
    """Whether none of these rules can have anything to say: a shortcut for almost every reading.

    Nothing was reported, the bin is heard, and what it told last of heat, tilt and battery
    was well: then no two readings in a row can say that something is wrong.
    """
    state, policy = view.bin_state, view.policy
    if state.incidents or view.silent_ms >= silence_limit_ms(view):
        return False
    heat_c = tilt_deg = battery_mv = None
    for one in reversed(state.ring):
        heat_c = one.temperature_c if heat_c is None else heat_c
        tilt_deg = one.tilt_deg if tilt_deg is None else tilt_deg
        battery_mv = one.battery_mv if battery_mv is None else battery_mv
        if heat_c is not None and tilt_deg is not None and battery_mv is not None:
            break
    return (
        (heat_c is None or heat_c < policy.heat_c)
        and (tilt_deg is None or tilt_deg < policy.tilt_deg)
        and (battery_mv is None or battery_mv > policy.battery_low_mv)
    )


def safety(view: View) -> Iterator[Decision]:
    """Heat (fire) and tilt (fallen over): at once, when two readings in a row say so."""
    ring, heat_c, tilt_deg = view.bin_state.ring, view.policy.heat_c, view.policy.tilt_deg
    hot = [one.temperature_c >= heat_c for one in ring if one.temperature_c is not None]
    tilted = [one.tilt_deg >= tilt_deg for one in ring if one.tilt_deg is not None]
    yield from _confirmed(view, IncidentKind.HEAT, hot)
    yield from _confirmed(view, IncidentKind.TILT, tilted)


def battery(view: View) -> Iterator[Decision]:
    """The battery will not last: somebody has to bring a new one."""
    ring, low_mv = view.bin_state.ring, view.policy.battery_low_mv
    low = [one.battery_mv <= low_mv for one in ring if one.battery_mv is not None]
    yield from _confirmed(view, IncidentKind.BATTERY, low)


def silence(view: View) -> Iterator[Decision]:
    """Nothing heard for several cadences of listening: say so, once; heard again: it is over.

    Where much of the site is silent, one incident of the site says it instead
    (`jemput.rules.site_silence`).
    """
    state = view.bin_state
    reported = IncidentKind.SILENCE in state.incidents
    silent_ms = view.silent_ms
    if silent_ms < silence_limit_ms(view):
        if reported:
            yield CloseIncident(IncidentKind.SILENCE, view.bin.id, view.site)
        return
    if reported or not view.time_rules or view.site in view.state.site_incidents:
        return
    if silent_ms >= report_limit_ms(view):
        yield from view.incident(IncidentKind.SILENCE, minutes=silent_ms // 60_000)


def silence_limit_ms(view: View) -> int:
    """From when on a bin counts as silent: its level is unknown."""
    return view.standing.silence_limit_ms


def report_limit_ms(view: View) -> int:
    """From when on a silent bin is reported: later, so that a silent site can be told from it."""
    grace_ms = view.policy.silence_grace_cadences * view.bin.cadence_s * 1000
    return silence_limit_ms(view) + grace_ms


def _confirmed(view: View, kind: IncidentKind, wrong: list[bool]) -> Sequence[Decision]:
    """`wrong`, of those that tell, oldest first: the newest have to agree."""
    latest = wrong[-CONFIRMED_BY:]
    if len(latest) < CONFIRMED_BY:
        return ()
    reported = kind in view.bin_state.incidents
    if all(latest) and not reported:
        newest = view.bin_state.newest
        return view.incident(
            kind,
            celsius=newest.temperature_c if newest else None,
            degrees=newest.tilt_deg if newest else None,
            millivolts=newest.battery_mv if newest else None,
        )
    if reported and not any(latest):
        return (CloseIncident(kind, view.bin.id, view.site),)
    return ()
