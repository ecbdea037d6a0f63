"""A board without hardware: a sensor over a filling bin, a radio that loses, and a clock."""

import json
import random
from dataclasses import dataclass, field
from typing import Protocol

from simulator.board import Memory
from simulator.radio import Fate, Radio
from simulator.sensor import Sensor
from simulator.tally import Published, Tally
from simulator.town import Town
from simulator.town_plan import SimBin

_YEAR_S = 365.25 * 86_400


class Link(Protocol):
    """The way to the broker."""

    async def publish(self, topic: str, payload: bytes) -> bool:
        """Send at QoS 1; True when the PUBACK came."""

    def take_acks(self) -> list[bytes]:
        """Application acknowledgements that came since the last call."""


@dataclass(slots=True)
class SimBoard:
    """What a node sees of a simulated bin. `begin` is the alarm that wakes it."""

    rng: random.Random
    bin: SimBin
    town: Town
    sensor: Sensor
    radio: Radio
    link: Link
    memory: Memory
    tally: Tally
    start_s: float
    resets_per_year: float
    _at_s: float = field(init=False)
    _slept_s: float = field(init=False, default=0)
    _clock_set: bool = field(init=False, default=True)
    _published: Published = field(init=False, default_factory=Published)

    def __post_init__(self) -> None:
        """The board's time begins with the run."""
        self._at_s = self.start_s

    def begin(self, at_s: float) -> None:
        """Wake at a moment of town time: perhaps after a power cut, with a new view of the bin."""
        self._slept_s, self._at_s = at_s - self._at_s, at_s
        if self.rng.random() < self.resets_per_year * self._slept_s / _YEAR_S:
            self.memory.lose_power()
            self._clock_set = False
        level = self.town.level_percent(self.bin.id, at_s)
        self.sensor.look(self.bin.distance_mm(level), at_s)

    def echo_mm(self) -> int | None:
        """One ping of the sensor."""
        return self.sensor.ping_mm()

    def battery_mv(self) -> int:
        """Battery voltage."""
        return self.sensor.battery_mv(self._at_s - self.start_s)

    def temperature_c(self) -> int:
        """Temperature under the lid."""
        return self.sensor.temperature_c(self._at_s + self.town.utc_offset_s)

    def rssi_dbm(self) -> int:
        """Signal strength."""
        return self.sensor.rssi_dbm()

    def tilt_deg(self) -> int:
        """How far the lid hangs from level."""
        return self.sensor.tilt_deg()

    def now(self) -> tuple[int, str]:
        """Town time; after a power cut it is 1970 until the network was reached."""
        if self._clock_set:
            return int(self._at_s), "ntp"
        return int(self._slept_s), "none"

    def random_bits(self, count: int) -> int:
        """Seeded chance."""
        return self.rng.getrandbits(count)

    def take_acks(self) -> list[bytes]:
        """What the link heard."""
        return self.link.take_acks()

    async def publish(self, topic: str, payload: bytes) -> bool:
        """Send through the radio, which decides what becomes of it."""
        fate = self.radio.send(self._at_s)
        if fate is Fate.LOST:
            self.tally.lost_on_air += 1
            return False
        for _ in range(2 if fate is Fate.TWICE else 1):
            if not await self.link.publish(topic, payload):
                return False
            self._count(payload)
        self._clock_set = True
        self.tally.puback_lost += fate is Fate.ACK_LOST
        return fate is not Fate.ACK_LOST

    def _count(self, payload: bytes) -> None:
        self.tally.messages_published += 1
        for reading in json.loads(payload)["readings"]:
            if self._published.add(reading["boot"], reading["seq"]):
                self.tally.readings_published += 1
            else:
                self.tally.duplicates_sent += 1
