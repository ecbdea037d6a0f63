"""Calling a truck: because a bin is full, because it stood too long, or because a person asked."""

from collections.abc import Iterator

from jemput import emptying
from jemput.decisions import AlertKind, Decision, OpenPickup
from jemput.entry import pickup_id
from jemput.filtering import window
from jemput.fold import acts, ring
from jemput.fold.state import RING, Sample
from jemput.pickup import Evidence, Pickup, Reason, State, Why
from jemput.reading import Identity
from jemput.rules.view import HOUR_MS, View


def is_plain(view: View) -> bool:
    """Whether none of these rules can have anything to say: a shortcut for almost every reading."""
    state, policy = view.bin_state, view.policy
    is_low = state.level_percent is None or state.level_percent < policy.call_percent
    return is_low and state.pickup is None and policy.max_age_h is None


def fullness(view: View) -> Iterator[Decision]:
    """Filtered level over the threshold, fresh, and not called: call."""
    level = view.bin_state.level_percent
    if level is None or level < view.policy.call_percent or not view.has_fresh_level:
        return
    span = window(view.policy, view.bin.cadence_s)
    if _may_call(view) and is_confirmed(view) and is_full_since_emptied(view, span):
        numbers = {
            "level_percent": level,
            "call_percent": view.policy.call_percent,
            "rearm_percent": view.policy.rearm_percent,
            "median_of": span,
        }
        yield from _call(view, Reason.FULLNESS, Why("fullness", numbers, _evidence(view, span)))


def age(view: View) -> Iterator[Decision]:
    """Not emptied for longer than the policy allows: call, whatever the level."""
    due_ms = age_due_ms(view)
    if due_ms is None or view.now_ms < due_ms or not view.time_rules or not _may_call(view):
        return
    numbers = {
        "age_h": (view.now_ms - due_ms) // HOUR_MS + (view.policy.max_age_h or 0),
        "max_age_h": view.policy.max_age_h or 0,
    }
    yield from _call(view, Reason.AGE, Why("age", numbers, _evidence(view, 1)))


def age_due_ms(view: View) -> int | None:
    """When the bin will have stood too long; None where age does not matter."""
    state = view.bin_state
    since_s = state.emptied_at_s if state.emptied_at_s is not None else state.first_at_s
    if view.policy.max_age_h is None or since_s is None:
        return None
    return since_s * 1000 + view.policy.max_age_h * HOUR_MS


def announcement(view: View) -> Iterator[Decision]:
    """A pickup that nobody was told of yet, such as one opened by hand: tell."""
    pickup = view.bin_state.pickup
    if pickup is not None and pickup.state is State.REQUESTED and not view.bin_state.announced:
        yield view.tell_collector(pickup, AlertKind.PICKUP)


def _may_call(view: View) -> bool:
    state = view.bin_state
    return state.pickup is None and not acts.is_held(state.hold, view.now_ms)


def is_confirmed(view: View) -> bool:
    """At least half of the fresh levels are over the threshold, too.

    After a long silence the median may look at nothing but old news: what filled and was emptied
    meanwhile would call a truck by its first fresh reading, which says the opposite.
    """
    levels = ring.levels(view.bin_state, RING)
    span_s = view.policy.fresh_cadences * view.bin.cadence_s
    fresh = [one.fill_percent for one in levels if one.at_s >= levels[-1].at_s - span_s]
    return 2 * sum(fill >= view.policy.call_percent for fill in fresh) >= len(fresh)


def is_full_since_emptied(view: View, span: int) -> bool:
    """Most of what the median looks at from after an emptying is over the threshold, too.

    The median follows an emptying only after a while. Looked for in the readings as they
    stand, so that the order in which they came changes nothing.
    """
    levels = ring.levels(view.bin_state, RING)
    sighting = emptying.newest(levels, view.policy, view.bin.cadence_s)
    sighted_s = sighting.at_s if sighting is not None else 0
    emptied_s = max(sighted_s, view.bin_state.confirmed_at_s or 0)
    since = [one.fill_percent for one in levels[-span:] if one.at_s >= emptied_s]
    return 2 * sum(fill >= view.policy.call_percent for fill in since) > len(since)


def _call(view: View, reason: Reason, why: Why) -> Iterator[Decision]:
    collector = view.collector()
    pickup = Pickup(
        id=pickup_id(view.bin.id, view.position),
        bin=view.bin.id,
        reason=reason,
        state=State.REQUESTED,
        opened_ms=view.now_ms,
        moved_ms=view.now_ms,
        why=why,
        collector=collector.id if collector else None,
    )
    yield OpenPickup(pickup)
    yield view.tell_collector(pickup, AlertKind.PICKUP)


def _evidence(view: View, span: int) -> tuple[Evidence, ...]:
    return tuple(
        Evidence(Identity(one.device, one.boot, one.seq), one.at_s, one.fill_percent)
        for one in _usable(view, span)
    )


def _usable(view: View, span: int) -> list[Sample]:
    return [one for one in view.bin_state.ring if one.fill_percent is not None][-span:]
