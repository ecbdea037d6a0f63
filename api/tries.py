"""How often somebody may be wrong: failures by name and by address, in memory, bounded.

A name that is guessed at is closed to passwords for a while, its sessions and keys are not.
"""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock
from time import monotonic
from typing import Final

WINDOW_S: Final = 300.0
MOST_BY_NAME: Final = 10
MOST_BY_ADDRESS: Final = 50
MOST_KEPT: Final = 20_000
Key = tuple[str, str]


@dataclass(slots=True)
class _Failures:
    count: int
    until_s: float


class Tries:
    """Failures of the last minutes."""

    def __init__(self, elapsed_s: Callable[[], float] = monotonic) -> None:
        """Begin with none."""
        self._elapsed_s = elapsed_s
        self._kept: OrderedDict[Key, _Failures] = OrderedDict()
        self._lock = Lock()

    def wait_s(self, name: str, address: str) -> int:
        """Seconds until they may try again; 0 where they may now."""
        now_s = self._elapsed_s()
        with self._lock:
            waits = [
                found.until_s - now_s
                for key, most in _keys(name, address)
                if (found := self._kept.get(key)) and found.count >= most
            ]
        return max(0, *(int(-(-wait // 1)) for wait in waits), 0)

    def failed(self, name: str, address: str) -> None:
        """Somebody was wrong."""
        now_s = self._elapsed_s()
        with self._lock:
            for key, _ in _keys(name, address):
                found = self._kept.get(key)
                if found is None or found.until_s <= now_s:
                    self._kept.pop(key, None)
                    found = self._kept[key] = _Failures(0, now_s + WINDOW_S)
                found.count += 1
            while len(self._kept) > MOST_KEPT:
                self._kept.popitem(last=False)


def _keys(name: str, address: str) -> tuple[tuple[Key, int], tuple[Key, int]]:
    # A name may be as long as a header: only so much of it is kept.
    return (("name", name[:64]), MOST_BY_NAME), (("address", address), MOST_BY_ADDRESS)
