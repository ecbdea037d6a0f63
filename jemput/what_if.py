"""What if the threshold had been 60: the same intakes folded under another policy.

The bins, what they said and when they were emptied stay as they were; only the numbers that
rules decide by are others. A pickup that this other world opened was moved by nobody: what
people did is taken only where the pickup is the same one, opened by the same entry. So calls
are compared, not outcomes: in each stretch between two emptyings of a bin, the first call as
it was with the first as it would have been, and how many calls each world made.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from enum import StrEnum
from typing import Final

import msgspec
from msgspec import Struct

from jemput.decisions import OpenPickup
from jemput.entry import Emptying, Entry
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
        was_ms, would_ms = self.was[0].at_ms, self.would[0].at_ms
        if was_ms == would_ms:
            return Kind.SAME
        return Kind.EARLIER if would_ms < was_ms else Kind.LATER


class OtherWorld:
    """The state from which on everything is decided again, and what was decided in each world."""

    def __init__(self, state: GroupState, numbers: Override, scope: Scope) -> None:
        """Take a state of one's own, and the other numbers. Raises `BadPolicyError`."""
        state.registry = with_numbers(state.registry, numbers, scope)
        self._fold = Fold(state)
        self._was, self._would = _Calls(), _Calls()

    def take(self, entry: Entry) -> None:
        """Decide an entry again."""
        self._was.note(entry)
        self._would.note(self._fold.fold(entry.intake, entry.epoch))

    def stretches(self) -> list[Stretch]:
        """What differs and what does not, in the order of bins and time."""
        return list(_stretches(self._was.calls, self._would.calls))

    @property
    def registry(self) -> Registry:
        """Which bins there are."""
        return self._fold.state.registry


def with_numbers(registry: Registry, numbers: Override, scope: Scope) -> Registry:
    """The registry with other numbers. Raises `BadPolicyError` where a bin cannot have them."""
    unknown = sorted(set(numbers) - set(Policy.__struct_fields__))
    if unknown:
        names = ", ".join(Policy.__struct_fields__)
        raise BadPolicyError(f"no threshold is called {unknown[0]!r}; there are: {names}")
    _check("where nothing is overridden", registry.policies.base, numbers)
    for bin_id, a_bin in registry.bins.items():
        if scope.holds(site=registry.site_of(bin_id), waste=a_bin.waste, bin_id=bin_id):
            _check(f"bin {bin_id}", registry.policy_of(bin_id), numbers)
    known = registry.policies
    other = OtherPolicies(known.base, dict(known.overrides), numbers, scope)
    return msgspec.structs.replace(registry, policies=other)


def _check(where: str, policy: Policy, numbers: Override) -> None:
    try:
        msgspec.structs.replace(policy, **numbers)
    except BadPolicyError as error:
        raise BadPolicyError(f"{where}: {error}") from error


class _Calls:
    """Calls by bin and by how often the bin was emptied before."""

    def __init__(self) -> None:
        self.calls: dict[tuple[str, int], list[Call]] = defaultdict(list)
        self._emptied: dict[str, int] = defaultdict(int)

    def note(self, entry: Entry) -> None:
        """Take what an entry saw, and then what it decided."""
        self._note_emptyings(entry.emptyings)
        for decision in entry.decisions:
            if isinstance(decision, OpenPickup) and decision.pickup.reason not in BY_PEOPLE:
                pickup = decision.pickup
                call = Call(pickup.opened_ms, pickup.bin, pickup.reason)
                self.calls[pickup.bin, self._emptied[pickup.bin]].append(call)

    def _note_emptyings(self, emptyings: Iterable[Emptying]) -> None:
        for one in emptyings:
            self._emptied[one.bin] += 1


def _stretches(
    was: dict[tuple[str, int], list[Call]], would: dict[tuple[str, int], list[Call]]
) -> Iterator[Stretch]:
    for key in sorted(set(was) | set(would)):
        yield Stretch(key[0], tuple(was.get(key, ())), tuple(would.get(key, ())))
