"""One misbehaviour: wakes while it lasts, and wakes after it; how long each, and what was lost."""

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from jemput.broker.account import BrokerUser, device_user
from jemput.broker.config import NatsSettings
from jemput.broker.ports import free_port
from tests.brokers import Nats
from tests.firmware.device import DeskDevice
from tests.firmware.misbehaviour import Misbehaviour, world
from tests.firmware.real_brokers import HOST_USER, PASSWORD, Listener
from tests.servers import HOST

BAD_WAKES: Final = 2
MOST_WAKES: Final = 40
EVERY_S: Final = 21_600  # so that "once a day" is every fourth wake
ANSWER_MS: Final = 200
GOOD: Final[dict[str, Any]] = {
    "host": HOST,
    "authority": "",
    "network": "",
    "ntp": "",
}


@dataclass(frozen=True, slots=True)
class Result:
    """`awake_ms` is that of the longest wake; the firmware measures it itself."""

    name: str
    awake_ms: int
    budget_ms: int
    taken: int
    delivered: int
    reason: str

    @property
    def is_good(self) -> bool:
        """Within budget, and nothing lost."""
        return self.awake_ms <= self.budget_ms and self.delivered == self.taken


def broker(folder: Path, count: int) -> Nats:
    """A real nats-server for so many devices, `bin-0` and on."""
    host = BrokerUser(HOST_USER, PASSWORD, publish=("jemput/#",), subscribe=("jemput/#",))
    users = (host, *(device_user(f"bin-{number}", PASSWORD) for number in range(count)))
    nats = Nats(folder, users)
    nats.settings = NatsSettings(folder, free_port())
    nats.port = nats.settings.port
    return nats


@dataclass(frozen=True, slots=True)
class Stand:
    """Where a device is tried: the real broker, its listener, its name there, and its budget."""

    host: Listener
    port: int
    device: str
    budget_ms: int


def run(tried: Misbehaviour, folder: Path, stand: Stand) -> Result:
    """Wakes while it lasts, then with the real broker until all is delivered."""
    with world(folder, stand.device) as made:
        settings = tried.make(made)
        desk = DeskDevice(folder / "device", stand.port, device=stand.device)
        desk.configure(
            measure_every_s=EVERY_S,
            report_every_s=EVERY_S,
            answer_ms=ANSWER_MS,
            budget_ms=stand.budget_ms,
            resend_after=2,
        )
        bad = [desk.wake(**{**GOOD, **settings}) for _ in range(BAD_WAKES)]
    good = _wake_until(lambda: _delivered(stand) >= desk.taken, desk, stand.port)
    return Result(
        tried.name,
        max(wake["awake_ms"] for wake in bad + good),
        stand.budget_ms,
        desk.taken,
        _delivered(stand),
        Counter(str(wake["reason"] or "-") for wake in bad).most_common(1)[0][0],
    )


def _wake_until(is_done: Callable[[], bool], desk: DeskDevice, port: int) -> list[dict[str, Any]]:
    wakes: list[dict[str, Any]] = []
    while len(wakes) < MOST_WAKES:
        wakes.append(desk.wake(**{**GOOD, "port": port}))
        if is_done():
            break
    return wakes


def _delivered(stand: Stand) -> int:
    """Different readings of the device that the real broker passed on."""
    found = {
        (reading["boot"], reading["seq"])
        for topic, payload in list(stand.host.heard)
        if topic.endswith(f"/{stand.device}/reading")
        for reading in json.loads(payload)["readings"]
    }
    return len(found)
