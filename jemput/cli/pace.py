"""How far long work is, in lines that a log can keep: at most one every few seconds."""

import sys
import time
from collections.abc import Iterable, Iterator
from typing import Final, TypeVar

EVERY_S: Final = 2.0
Item = TypeVar("Item")


class Pace:
    """Says how much of one kind of work is done, and about how long the rest takes."""

    def __init__(self, what: str, whole: int | None = None, every_s: float = EVERY_S) -> None:
        """Take what is done, and how much of it there is; the time counts from now."""
        self._what = what
        self._whole = whole
        self._every_s = every_s
        self._began_s = self._said_s = time.monotonic()

    def note(self, done: int) -> None:
        """Say it, unless something was said a moment ago."""
        now_s = time.monotonic()
        if now_s - self._said_s >= self._every_s:
            self._said_s = now_s
            sys.stderr.write(self.line(done, now_s - self._began_s) + "\n")

    def line(self, done: int, passed_s: float) -> str:
        """What there is to say after so many seconds."""
        if self._whole is None or not done:
            return f"{self._what}: {done:,}"
        left_s = passed_s * (self._whole - done) / done
        return f"{self._what}: {done:,} of {self._whole:,} · about {left_s:.0f} s left"

    def along(self, items: Iterable[Item]) -> Iterator[Item]:
        """The same items, counted as they pass."""
        for count, one in enumerate(items, start=1):
            yield one
            self.note(count)
