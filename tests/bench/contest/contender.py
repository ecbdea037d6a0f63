"""Who takes part: each starts its program on a stage, and says why it cannot where it cannot."""

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from tests.bench.contest.processes import Program

READINGS = "jemput/v1/+/+/reading"
BUCKET = "contest"
TOKEN = "a-token"  # noqa: S105 - of an adapter that asks for none
ORG = "contest"


@dataclass(frozen=True, slots=True)
class Stage:
    """Where one run happens: a folder of its own, a broker, and InfluxDB behind the adapter."""

    folder: Path
    broker_port: int
    influx_url: str


class SkippedError(RuntimeError):
    """This contender cannot take part here; the message says why and what to do."""


class Contender(Protocol):
    """One way to bring readings from MQTT into InfluxDB."""

    name: str
    title: str
    per_s: int
    """Messages a second that it takes about, saturated: so much is asked of it."""

    def prepare(self) -> None:
        """Build or fetch what it needs, once. Raises `SkippedError`."""

    def start(self, stage: Stage) -> Program:
        """Start it; a second start on the same stage goes on where the first was ended."""
