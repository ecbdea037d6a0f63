"""What follows the journal."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from jemput.entry import Entry


@dataclass(frozen=True, slots=True)
class Refused:
    """One line that a sink will never take, in the sink's own words."""

    position: int
    at_ms: int
    device: str
    line: bytes
    detail: str


class Sink(Protocol):
    """Takes entries, the same ones again where it was not sure, and is the same afterwards."""

    @property
    def name(self) -> str:
        """Under which its cursor is kept."""

    async def write(self, entries: Sequence[Entry]) -> Sequence[Refused]:
        """Take all of the entries, but what is returned. Raises `WriteFailedError`: none is sure.

        A sink that moves its cursor itself does so in the transaction of its write.
        """

    async def close(self) -> None:
        """Let go of connections."""
