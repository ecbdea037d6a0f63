"""Who says too much: a bucket of messages per device, so generous that no honest one empties it.

A device keeps at most a window of readings (`jemput.memory.WINDOW`), which it may say one in a
message, and a broker may deliver all of that once more: so much is always taken at once.
"""

from collections import OrderedDict
from typing import Final, NamedTuple

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


class _Bucket(NamedTuple):
    left: float
    at_ms: int
    is_over: bool = False


class Rates:
    """How much each device may still say. Bounded: who was quiet longest is forgotten first."""

    def __init__(
        self, burst: int = BURST, per_s: float = PER_S, most_devices: int = MOST_DEVICES
    ) -> None:
        """Take how many messages pass at once, how many a second for ever, and for how many."""
        self._burst = burst
        self._per_s = per_s
        self._most = most_devices
        self._buckets: OrderedDict[str, _Bucket] = OrderedDict()

    def sort(self, spoken: list[Spoken], now_ms: int) -> tuple[list[Spoken], list[Alarm]]:
        """The same messages in the same order; those over their device's rate as poison.

        And an alarm for each device that is over its rate since now.
        """
        alarms: list[Alarm] = []
        return [self._judged(one, now_ms, alarms) for one in spoken], alarms

    def __len__(self) -> int:
        """How many devices are remembered."""
        return len(self._buckets)

    def _judged(self, one: Spoken, now_ms: int, alarms: list[Alarm]) -> Spoken:
        read = one.read
        if not isinstance(read, Heard) or self._may_speak(read.device, now_ms, alarms):
            return one
        detail = self._detail(read.device)
        named = tuple((reading.boot, reading.seq) for reading in read.message.readings)
        raw = one.raw
        poison = Poison(raw.topic, raw.payload, REASON, detail, read.device, named)
        return Spoken(raw, poison)

    def _detail(self, device: str) -> str:
        return (
            f"{device} says more than {self._per_s:g} messages a second, and said {self._burst} "
            "beyond that: look at the device, or at who has its password"
        )

    def _may_speak(self, device: str, now_ms: int, alarms: list[Alarm]) -> bool:
        before = self._buckets.pop(device, _Bucket(self._burst, now_ms))
        gained = max(0, now_ms - before.at_ms) / 1000 * self._per_s
        left = min(float(self._burst), before.left + gained)
        may = left >= 1
        if not may and not before.is_over:
            structlog.get_logger(__name__).error("device_over_rate", device=device)
            alarms.append(Alarm(f"{REASON}/{device}", self._detail(device)))
        # Over until half of the bucket is back, so that it is said once a flood.
        is_over = not may or (before.is_over and left < self._burst / 2)
        self._buckets[device] = _Bucket(left - may, max(now_ms, before.at_ms), is_over)
        if len(self._buckets) > self._most:
            self._buckets.popitem(last=False)
        return may
