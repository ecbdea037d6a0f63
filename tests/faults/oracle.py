"""The oracle mints readings; what one says follows from its identity, so it can be checked."""

from collections import Counter
from hashlib import blake2s
from typing import Any, Final, NamedTuple

from tests.builders import SHAPE

HIGH: Final = 88
LOW: Final = 20
_READINGS_A_SECOND: Final = 16
_BEFORE_S: Final = 400
_CLOCKS_BEGIN_S: Final = 1_577_836_800


class Identity(NamedTuple):
    """What makes a reading itself."""

    device: str
    boot: int
    seq: int


class Poison(NamedTuple):
    """What no ingester can take; it has to be in quarantine, once."""

    topic: str
    payload: bytes
    reason: str


class Oracle:
    """Mints readings and poison, and keeps what was promised about them."""

    def __init__(self, start_s: int, full: frozenset[str], weight: int = 1) -> None:
        """Take when the run starts (Unix seconds), and the devices whose bins are full.

        Their clocks go on a second with every so many readings, more with a greater `weight`.
        """
        self._per_s = _READINGS_A_SECOND * weight
        self.start_s = start_s
        self.full = full
        self.minted: set[Identity] = set()
        self.obliged: set[Identity] = set()
        self.poison: Counter[Poison] = Counter()
        self.doubtful: set[Identity] = set()
        """Readings whose device did not know the time, so that they are placed by arrival."""
        self.at_s: dict[Identity, int] = {}
        """Readings with a time of their own."""
        self.fills: dict[Identity, int] = {}
        """Readings with a level of their own."""
        self._seqs: Counter[tuple[str, int]] = Counter()

    def mint(self, device: str, boot: int = 1, **own: int) -> Identity:
        """The device's next reading; `at_s` and `fill` where it has its own."""
        self._seqs[device, boot] += 1
        identity = Identity(device, boot, self._seqs[device, boot])
        if "at_s" in own:
            self.at_s[identity] = own["at_s"]
        if "fill" in own:
            self.fills[identity] = own["fill"]
        self.minted.add(identity)
        return identity

    def oblige(self, identities: tuple[Identity, ...]) -> None:
        """Somebody was told that these are safe."""
        self.obliged.update(identities)

    def device_time_s(self, identity: Identity) -> int:
        """When the device says that it measured."""
        usual_s = self.start_s - _BEFORE_S + identity.seq // self._per_s
        return self.at_s.get(identity, usual_s)

    def on_the_wire(self, identity: Identity) -> dict[str, Any]:
        """The reading as the device writes it."""
        clock = "none" if self.device_time_s(identity) < _CLOCKS_BEGIN_S else "ntp"
        when = {"at": self.device_time_s(identity), "clock": clock, "quality": "ok"}
        return {"boot": identity.boot, "seq": identity.seq, **when, **self.measured(identity)}

    def measured(self, identity: Identity) -> dict[str, int]:
        """What the device measured."""
        drawn = blake2s(repr(tuple(identity)).encode(), digest_size=8).digest()
        usual = (HIGH if identity.device in self.full else LOW) + drawn[0] % 8
        fill = self.fills.get(identity, usual)
        return {
            "distance_mm": SHAPE.empty_mm - fill * (SHAPE.empty_mm - SHAPE.full_mm) // 100,
            "echoes": 1 + drawn[1] % 9,
            "spread_mm": drawn[2] % 40,
            "temperature_c": 15 + drawn[3] % 30,
            "battery_mv": 3600 + drawn[4],
            "rssi_dbm": -60 - drawn[5] % 50,
            "tilt_deg": drawn[6] % 20,
        }
