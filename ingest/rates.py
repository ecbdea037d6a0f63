"""Who says too much: a bucket of messages per device, so generous that no honest one empties it.

A device keeps at most a window of readings (`jemput.memory.WINDOW`), which it may say one in a
message, and a broker may deliver all of that once more: so much is always taken at once.
"""

from typing import Final

import structlog

from ingest.alarm import Alarm
from ingest.sifting import Spoken
from jemput.fold.admission import Heard, Poison
from jemput.memory import WINDOW

BURST: Final = 2 * WINDOW
PER_S: Final = 5.0
"""A bin speaks every few minutes; 5 a second would be 432,000 messages a day."""
MOST_DEVICES: Final = 20_000
REASON: Final = "rate"


class Rates:
    """How much each device may still say. Bounded: who was quiet longest is forgotten first.

    Of each bucket only the time is kept at which it will be full again.
    """

    def __init__(
        self, burst: int = BURST, per_s: float = PER_S, most_devices: int = MOST_DEVICES
    ) -> None:
        """Take how many messages pass at once, how many a second for ever, and for how many."""
        self._burst = burst
        self._per_s = per_s
        self._message_ms = 1000 / per_s
        self._most = most_devices
        self._full_ms: dict[str, float] = {}
        self._over: set[str] = set()
        self._now_ms = 0

    def sort(self, spoken: list[Spoken], now_ms: int) -> tuple[list[Spoken], list[Alarm]]:
        """The same messages in the same order; those over their device's rate as poison.

        And an alarm for each device that is over its rate since now.
        """
        alarms: list[Alarm] = []
        self._now_ms = max(self._now_ms, now_ms)  # a clock that goes back gives nothing
        judged = [self._judged(one, alarms) for one in spoken]
        while len(self._full_ms) > self._most:
            quietest = next(iter(self._full_ms))
            del self._full_ms[quietest]
            self._over.discard(quietest)
        return judged, alarms

    def __len__(self) -> int:
        """How many devices are remembered."""
        return len(self._full_ms)

    def _judged(self, one: Spoken, alarms: list[Alarm]) -> Spoken:
        read = one.read
        if not isinstance(read, Heard):
            return one
        device, now_ms = read.device, self._now_ms
        full_ms = max(self._full_ms.pop(device, 0.0), now_ms)
        lacks = (full_ms - now_ms) / self._message_ms
        may = lacks <= self._burst - 1
        self._full_ms[device] = full_ms + self._message_ms if may else full_ms
        if may and not self._over:
            return one
        self._note(device, lacks, alarms, may=may)
        return one if may else self._set_aside(one, read)

    def _note(self, device: str, lacks: float, alarms: list[Alarm], *, may: bool) -> None:
        """Over until half of the bucket is back, so that it is said once a flood."""
        if may:
            if lacks <= self._burst / 2:
                self._over.discard(device)
        elif device not in self._over:
            self._over.add(device)
            structlog.get_logger(__name__).error("device_over_rate", device=device)
            alarms.append(Alarm(f"{REASON}/{device}", self._detail(device)))

    def _set_aside(self, one: Spoken, read: Heard) -> Spoken:
        raw, detail = one.raw, self._detail(read.device)
        named = tuple((reading.boot, reading.seq) for reading in read.message.readings)
        poison = Poison(raw.topic, raw.payload, REASON, detail, read.device, named)
        return Spoken(raw, poison)

    def _detail(self, device: str) -> str:
        return (
            f"{device} says more than {self._per_s:g} messages a second, and said {self._burst} "
            "beyond that: look at the device, or at who has its password"
        )
