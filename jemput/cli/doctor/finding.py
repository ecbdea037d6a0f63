"""What a check found: a sentence, how bad it is, and what mends it."""

from collections.abc import Callable, Iterator
from enum import StrEnum

from msgspec import Struct


class Health(StrEnum):
    """`doubt` works, and may cost something one day; `bad` costs readings or alerts now."""

    GOOD = "good"
    DOUBT = "doubt"
    BAD = "bad"


class Finding(Struct, frozen=True):
    """One thing that was looked at."""

    about: str
    health: Health
    sentence: str
    remedy: str | None = None


Check = Callable[[], Iterator[Finding]]


def good(about: str, sentence: str) -> Finding:
    """All is well."""
    return Finding(about, Health.GOOD, sentence)


def doubt(about: str, sentence: str, remedy: str) -> Finding:
    """It works, and may cost something one day."""
    return Finding(about, Health.DOUBT, sentence, remedy)


def bad(about: str, sentence: str, remedy: str) -> Finding:
    """It costs readings or alerts now."""
    return Finding(about, Health.BAD, sentence, remedy)
