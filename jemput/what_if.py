"""What if the threshold had been 60: the same intakes folded under another policy.

What is kept: the bins, what they said and when, changes of the registry, and the emptyings that
the journal holds; they divide each bin's time into stretches in both worlds. What differs: the
numbers that rules decide by, from one entry on. Pickups that were open there are open in both.

What people did is taken only where the pickup is the same one, opened by the same entry; one that
only the other world opened was moved by nobody, and one that a person asked for is passed over
where the bin has another. So nobody accepts there, pickups expire and bins are called again:
outcomes and repetitions mean nothing. What is compared is the first call of each stretch.
"""

from collections import defaultdict
from collections.abc import Iterable
from enum import StrEnum
from typing import Final

import msgspec
from msgspec import Struct

from jemput.decisions import Decision, OpenPickup
from jemput.entry import Entry
from jemput.fold.fold import Fold
from jemput.fold.state import GroupState
from jemput.pickup import Reason
from jemput.policy import BadPolicyError, Override, Policy, PolicyBook
from jemput.registry import Registry

BY_PEOPLE: Final = frozenset({Reason.MANUAL, Reason.RESIDENT})


class Scope(Struct, frozen=True):
    """For which bins the other numbers hold; None is any."""

    site: str | None = None
    waste: str | None = None
    bin: str | None = None

    def holds(self, *, site: str, waste: str, bin_id: str) -> bool:
        """Whether they hold for this bin."""
        asked = ((self.site, site), (self.waste, waste), (self.bin, bin_id))
        return all(one is None or one == other for one, other in asked)


class OtherPolicies(PolicyBook):
    """A policy book in which some numbers outrank everything."""

    numbers: Override = msgspec.field(default_factory=dict)
    scope: Scope = msgspec.field(default_factory=Scope)

    def resolve(self, *, site: str, waste: str, bin_id: str) -> Policy:
        """One bin's policy. Total: numbers that contradict what a bin has are left out whole."""
        policy = super().resolve(site=site, waste=waste, bin_id=bin_id)
        if not self.scope.holds(site=site, waste=waste, bin_id=bin_id):
            return policy
        try:
            return msgspec.structs.replace(policy, **self.numbers)
        except BadPolicyError:
            return policy


class Call(Struct, frozen=True, order=True):
    """A truck was called."""

    at_ms: int
    bin: str
    reason: Reason


class Kind(StrEnum):
    """How a stretch between two emptyings differs."""

    SAME = "same"
    EARLIER = "earlier"
    LATER = "later"
    ADDED = "added"
    DROPPED = "dropped"


class Stretch(Struct, frozen=True):
    """A bin between two emptyings in which somebody was called in either world."""

    bin: str
    was: tuple[Call, ...]
    would: tuple[Call, ...]

    @property
    def kind(self) -> Kind:
        """How the first call differs."""
        if not self.was or not self.would:
            return Kind.ADDED if self.would else Kind.DROPPED
        apart_ms = self.apart_ms
        if not apart_ms:
            return Kind.SAME
        return Kind.LATER if apart_ms > 0 else Kind.EARLIER

    @property
    def apart_ms(self) -> int | None:
        """By how much the first call would be later; None where only one world calls."""
        return self.would[0].at_ms - self.was[0].at_ms if self.was and self.would else None


_Calls = dict[tuple[str, int], list[Call]]
"""By bin, and by how often it was emptied before."""


class OtherWorld:
    """The state from which on everything is decided again, and what was decided in each world."""

    def __init__(self, state: GroupState, numbers: Override, scope: Scope) -> None:
        """Take a state of one's own, and the other numbers. Raises `BadPolicyError`."""
        before, state.registry = state.registry, with_numbers(state.registry, numbers, scope)
        for bin_id, bin_state in state.bins.items():
            if state.registry.policy_of(bin_id) != before.policy_of(bin_id):
                bin_state.due_ms = state.now_ms  # the note of when was made by the other numbers
        self._fold = Fold(state)
        self._scope = scope
        self._emptied: dict[str, int] = defaultdict(int)
        self._was: _Calls = defaultdict(list)
        self._would: _Calls = defaultdict(list)

    def take(self, entry: Entry) -> None:
        """Decide an entry again."""
        for one in entry.emptyings:
            self._emptied[one.bin] += 1
        self._note(self._was, entry.decisions)
        self._note(self._would, self._fold.fold(entry.intake, entry.epoch).decisions)

    def stretches(self) -> list[Stretch]:
        """What differs and what does not where the numbers hold, in the order of bins and time."""
        return [
            Stretch(key[0], tuple(self._was.get(key, ())), tuple(self._would.get(key, ())))
            for key in sorted(self._was.keys() | self._would.keys())
            if holds_for(self._scope, self.registry, key[0])
        ]

    @property
    def registry(self) -> Registry:
        """Which bins there are."""
        return self._fold.state.registry

    def _note(self, calls: _Calls, decisions: Iterable[Decision]) -> None:
        for decision in decisions:
            if isinstance(decision, OpenPickup) and decision.pickup.reason not in BY_PEOPLE:
                pickup = decision.pickup
                call = Call(pickup.opened_ms, pickup.bin, pickup.reason)
                calls[pickup.bin, self._emptied[pickup.bin]].append(call)


def holds_for(scope: Scope, registry: Registry, bin_id: str) -> bool:
    """Whether a scope takes a known bin in."""
    site, waste = registry.site_of(bin_id), registry.bins[bin_id].waste
    return scope.holds(site=site, waste=waste, bin_id=bin_id)


def with_numbers(registry: Registry, numbers: Override, scope: Scope) -> Registry:
    """The registry with other numbers. Raises `BadPolicyError` where a bin cannot have them."""
    unknown = sorted(set(numbers) - set(Policy.__struct_fields__))
    if unknown:
        names = ", ".join(Policy.__struct_fields__)
        raise BadPolicyError(f"no threshold is called {unknown[0]!r}; there are: {names}")
    _check("where nothing is overridden", registry.policies.base, numbers)
    for bin_id in registry.bins:
        if holds_for(scope, registry, bin_id):
            _check(f"bin {bin_id}", registry.policy_of(bin_id), numbers)
    known = registry.policies
    other = OtherPolicies(known.base, dict(known.overrides), numbers, scope)
    return msgspec.structs.replace(registry, policies=other)


def _check(where: str, policy: Policy, numbers: Override) -> None:
    try:
        msgspec.structs.replace(policy, **numbers)
    except BadPolicyError as error:
        raise BadPolicyError(f"{where}: {error}") from error
