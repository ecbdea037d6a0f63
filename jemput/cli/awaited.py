"""Readings heard on the wire, until something says what became of them."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Final

PATIENCE_S: Final = 3.0
"""A reading that is in no entry by then is known already, or nobody ingests."""

Key = tuple[int, int]
"""Boot and sequence."""


class Awaited:
    """What one device said and is in no entry yet. Times are of one steady clock."""

    def __init__(self) -> None:
        """Await nothing."""
        self._heard: dict[Key, list[float]] = defaultdict(list)
        self._early: dict[Key, float] = {}

    def hear(self, keys: Iterable[Key], now_s: float) -> None:
        """The broker carried them, each as often as it stands here."""
        for key in keys:
            if now_s - self._early.pop(key, now_s - PATIENCE_S) >= PATIENCE_S:
                self._heard[key].append(now_s)

    def commit(self, keys: Iterable[Key], now_s: float) -> float | None:
        """They are in an entry; how long ago the first of them was heard, if any was.

        An entry may be seen before the broker brought what is in it.
        """
        heard = []
        for key in keys:
            if key in self._heard:
                heard.append(self._take(key))
            else:
                self._early[key] = now_s
        self._early = {key: at for key, at in self._early.items() if now_s - at < PATIENCE_S}
        return now_s - min(heard) if heard else None

    def set_aside(self, keys: Iterable[Key]) -> None:
        """They are in the quarantine."""
        for key in keys:
            if key in self._heard:
                self._take(key)

    def overdue(self, now_s: float) -> list[Key]:
        """Those of which nothing was seen for too long; each is named once."""
        late = [key for key, heard in self._heard.items() if now_s - heard[0] >= PATIENCE_S]
        for key in late:
            self._take(key)
        return late

    def _take(self, key: Key) -> float:
        """Forget the first time it was heard, and return it."""
        first_s = self._heard[key].pop(0)
        if not self._heard[key]:
            del self._heard[key]
        return first_s
