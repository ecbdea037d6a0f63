"""The seam between a node and what it runs on: the surface that every board gives to a node.

The simulator's board is `simulator/sim_board.py`. A board of copper gives the same
surface, so the firmware's own node can be set on either.
"""

from collections import deque
from dataclasses import dataclass, field
from typing import Any, Protocol


@dataclass(slots=True)
class Kept:
    """A reading the node still keeps, and for how many wakes it need not be sent."""

    reading: dict[str, Any]
    delivered: int = 0
    rest_wakes: int = 0

    @property
    def boot(self) -> int:
        """The boot it was measured in."""
        return int(self.reading["boot"])

    @property
    def seq(self) -> int:
        """Its number within the boot."""
        return int(self.reading["seq"])


@dataclass(slots=True)
class Memory:
    """What outlives a wake. RTC memory (`boot`, `seq`) dies with the power; flash does not."""

    boots: int = 0
    kept: deque[Kept] = field(default_factory=deque)
    overwritten: int = 0
    boot: int | None = None
    seq: int = 0

    def lose_power(self) -> None:
        """The battery was out: the next wake draws a new boot."""
        self.boot = None
        self.seq = 0


class Board(Protocol):
    """Senses, time, memory and radio, as a node sees them. Everything is an integer."""

    memory: Memory

    def echo_mm(self) -> int | None:
        """One ping of the sensor; None where no echo came back."""

    def battery_mv(self) -> int:
        """Battery voltage."""

    def temperature_c(self) -> int:
        """Temperature under the lid."""

    def rssi_dbm(self) -> int:
        """Signal strength."""

    def tilt_deg(self) -> int:
        """How far the lid hangs from level."""

    def now(self) -> tuple[int, str]:
        """Unix seconds, and where they come from: ntp, rtc or none."""

    def random_bits(self, count: int) -> int:
        """`count` bits of chance."""

    def take_acks(self) -> list[bytes]:
        """The application acknowledgements that came since the last call, oldest first."""

    async def publish(self, topic: str, payload: bytes) -> bool:
        """Send at QoS 1; True when the broker's PUBACK came."""
