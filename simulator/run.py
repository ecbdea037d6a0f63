"""What one run of a town is told: where everything is, who is who, and which clock it shares."""

from dataclasses import dataclass, field

from simulator.broker_link import Access
from simulator.clock import TownClock
from simulator.town_plan import Scenario


class RunError(ValueError):
    """A run that cannot start; the message says what is missing."""


@dataclass(frozen=True, slots=True)
class Run:
    """`passwords` by device and collector id, `webhook_secrets` by collector id.

    Without a `webhook_port` every collector listens on MQTT, under its id with
    `collector_prefix` before it, so that no device can have its name. `start_s`, `speed`
    and `anchor_wall_s` are the town's clock (`simulator/clock.py`).
    """

    scenario: Scenario
    broker_host: str
    broker_port: int
    passwords: dict[str, str] = field(repr=False)
    api_url: str
    start_s: float
    speed: float
    anchor_wall_s: float
    webhook_port: int | None
    webhook_secrets: dict[str, str] = field(repr=False)
    collector_prefix: str = "_collector-"

    def clock(self) -> TownClock:
        """The town's clock."""
        return TownClock(self.start_s, self.speed, self.anchor_wall_s)

    def device_access(self, device: str) -> Access:
        """How this device reaches the broker."""
        return Access(self.broker_host, self.broker_port, device, self.passwords[device])

    def collector_access(self, collector: str) -> Access:
        """How this collector's app reaches the broker."""
        username = self.collector_prefix + collector
        return Access(self.broker_host, self.broker_port, username, self.passwords[collector])

    def check(self) -> None:
        """Raise `RunError` when somebody of the scenario could not take part."""
        people = [collector.id for collector in self.scenario.collectors]
        for name in [bin_.device for bin_ in self.scenario.bins] + people:
            if name not in self.passwords:
                raise RunError(f"no password for {name!r}: add it to passwords")
        for collector in self.scenario.collectors:
            hooked = collector.webhook and self.webhook_port is not None
            if hooked and collector.id not in self.webhook_secrets:
                raise RunError(f"no secret for the webhook of {collector.id!r}: add it")
