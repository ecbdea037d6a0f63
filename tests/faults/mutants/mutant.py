"""A mutant: one guarantee broken on purpose. Nothing of this is in the program."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

Breaks = Callable[[], None]


@dataclass(frozen=True, slots=True)
class Mutant:
    """One broken guarantee, and the scenario that should notice first."""

    name: str
    says: str
    breaks: Breaks
    found_by: str


MUTANTS: Final[dict[str, Mutant]] = {}


def mutant(found_by: str) -> Callable[[Breaks], Breaks]:
    """Register the function below as a mutant under its own name."""

    def take(breaks: Breaks) -> Breaks:
        name = breaks.__name__.replace("_", "-")
        says = (breaks.__doc__ or "").strip()
        MUTANTS[name] = Mutant(name, says, breaks, found_by)
        return breaks

    return take


def put(owner: object, name: str, wrap: Callable[[Any], object]) -> None:
    """Replace what is there by what `wrap` makes of it. Raises where nothing is there."""
    setattr(owner, name, wrap(getattr(owner, name)))
