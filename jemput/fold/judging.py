"""Decide and apply: what follows from the state, and what of it the state keeps."""

from collections.abc import Iterable

import msgspec

from jemput.decisions import (
    AlertKind,
    CloseIncident,
    Decision,
    FlagPickup,
    HandOver,
    IncidentKind,
    MovePickup,
    OpenIncident,
    OpenPickup,
    Say,
)
from jemput.fold import acts
from jemput.fold.sites import Sites
from jemput.fold.state import BinState, GroupState, Hold, HoldKind
from jemput.pickup import UNCLAIMED, Pickup, RefusedError, State, flagged, move
from jemput.rules import calling, condition, outcome, retirement
from jemput.rules.site_silence import Count, site_silence
from jemput.rules.view import HOUR_MS, View

OUTCOME_RULES = (
    outcome.level_fell,
    outcome.unclaimed_end,
    outcome.unclaimed_sight,
    outcome.unfinished_end,
    outcome.overdue,
    retirement.retired_collector,
)
CALLING_RULES = (calling.fullness, calling.age, calling.announcement)
CONDITION_RULES = (condition.safety, condition.battery, condition.silence)


def view_of(state: GroupState, bin_id: str, position: int) -> View:
    """A bin as the rules see it."""
    bin_state, now_ms = state.bins[bin_id], state.now_ms
    return View(
        state=state,
        bin_state=bin_state,
        standing=state.registry.standing_of(bin_id),
        now_ms=now_ms,
        position=position,
        silent_ms=state.listening.listened_ms(now_ms) - bin_state.heard_listened_ms,
    )


def decide(views: Iterable[View]) -> list[Decision]:
    """Judge each bin once. Changes nothing."""
    decisions: list[Decision] = []
    for view in views:
        _judge(view, decisions)
    return decisions


def decide_sites(
    state: GroupState, sites: Sites, views: Iterable[View], position: int
) -> list[Decision]:
    """Judge the sites of bins that are silent, and those with an incident. Changes nothing."""
    touched = {view.site for view in views if view.bin_state.silent}
    counts = {
        site: Count(len(sites.bins(site)), len(sites.silent(site)))
        for site in touched | set(state.site_incidents)
    }
    return list(site_silence(state, counts, position))


def _judge(view: View, decisions: list[Decision]) -> None:
    """At most one rule moves the pickup: the state machine is asked once per judgement."""
    if view.is_retired:
        decisions.extend(retirement.retired_bin(view))
        return
    if not calling.is_plain(view) and not outcome.is_waiting(view):
        _judge_pickup(view, decisions)
    if not condition.is_plain(view):
        for rule in CONDITION_RULES:
            decisions.extend(rule(view))


def _judge_pickup(view: View, decisions: list[Decision]) -> None:
    groups = (CALLING_RULES,) if view.bin_state.pickup is None else (OUTCOME_RULES, CALLING_RULES)
    for group in groups:
        before = len(decisions)
        for rule in group:
            decisions.extend(rule(view))
            if len(decisions) > before:
                break


def apply(state: GroupState, decisions: Iterable[Decision]) -> None:
    """Take decisions into the state. Total: one that does not fit changes nothing."""
    for decision in decisions:
        match decision:
            case OpenIncident(IncidentKind.SITE_SILENCE, scope):
                state.site_incidents.append(scope)
            case CloseIncident(IncidentKind.SITE_SILENCE, scope):
                state.site_incidents.remove(scope)
            case OpenPickup(pickup):
                acts.begin(state.bins[pickup.bin], pickup)
            case Say():
                _note_said(state, decision)
            case MovePickup() | FlagPickup() | HandOver():
                _move(state, decision)
            case OpenIncident(kind, scope):
                state.bins[scope].incidents.append(kind)
            case CloseIncident(kind, scope):
                state.bins[scope].incidents.remove(kind)


def note_silence(views: Iterable[View], sites: Sites) -> None:
    """Note which bins are silent now; sites are judged by it, and before their bins."""
    for view in views:
        is_late = view.silent_ms >= condition.silence_limit_ms(view)
        silent = is_late and not view.is_retired
        if silent is not view.bin_state.silent:
            view.bin_state.silent = silent
            sites.note(view.site, view.bin.id, silent=silent)


def note_judged(bin_state: BinState) -> None:
    """Note that a bin was judged at its newest reading."""
    if bin_state.ring:
        bin_state.judged_at_s = bin_state.ring[-1].at_s


def _note_said(state: GroupState, say: Say) -> None:
    if say.kind in {AlertKind.PICKUP, AlertKind.UNSERVED} and say.subject is not None:
        state.bins[say.subject.bin].announced = True


def _move(state: GroupState, decision: MovePickup | FlagPickup | HandOver) -> None:
    bin_state = state.bins[decision.bin]
    pickup = bin_state.pickup
    if pickup is None or pickup.id != decision.pickup:
        return
    if isinstance(decision, FlagPickup):
        bin_state.pickup = flagged(pickup, decision.flag)
        return
    if isinstance(decision, HandOver):
        bin_state.pickup = msgspec.structs.replace(pickup, collector=decision.collector)
        return
    try:
        moved = move(pickup, decision.to, state.now_ms, note=decision.note)
    except RefusedError:
        return
    acts.put(bin_state, moved, _hold_after(state, pickup, decision.to))


def _hold_after(state: GroupState, pickup: Pickup, to: State) -> Hold | None:
    """When the bin may be called again; one that was accepted and never finished: at once."""
    if to is not State.EXPIRED or pickup.state not in UNCLAIMED:
        return None
    reopen_after_h = state.registry.policy_of(pickup.bin).reopen_after_h
    return Hold(HoldKind.REARM_OR_UNTIL, state.now_ms + reopen_after_h * HOUR_MS)
