"""What people write by hand: aiomqtt or paho, and the official InfluxDB client."""

import sys
from pathlib import Path

from tests.bench.contest.contender import BUCKET, ORG, READINGS, TOKEN, Stage
from tests.bench.contest.processes import Program

ROOT = Path(__file__).parents[3]


class Script:
    """A module of `tests.bench.consumers`, told everything on its command line."""

    def __init__(self, name: str, title: str, per_s: int) -> None:
        """Take the script's name."""
        self.name = name
        self.title = title
        self.per_s = per_s

    def prepare(self) -> None:
        """Nothing: its libraries are ours too."""

    def start(self, stage: Stage) -> Program:
        """See `Contender.start`."""
        told = [str(stage.broker_port), READINGS, stage.influx_url, TOKEN, ORG, BUCKET]
        command = [sys.executable, "-m", f"tests.bench.consumers.with_{self.name}", *told]
        return Program(command, {"PYTHONPATH": str(ROOT)}, stage.folder / self.name)


AIOMQTT = Script("aiomqtt", "aiomqtt + influxdb-client async, 500 a write", 6_000)
PAHO = Script("paho", "paho + WriteApi batching", 6_000)
