"""Setting a stage: a broker, an InfluxDB and the adapter before it, all new for each run."""

import http.client
import json
import os
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final, NamedTuple

from tests.bench.contest.adapter import recorded
from tests.bench.contest.contender import BUCKET, Stage
from tests.bench.contest.processes import Program
from tests.servers import HOST, InfluxDb, Mosquitto, free_port, wait_until

ROOT: Final = Path(__file__).parents[3]
NAMED: Final = "JEMPUT_TEST_INFLUX_URL"
RECORD: Final = "record"
INFLIGHT: Final = 2_000
"""Unacknowledged messages to one consumer; Mosquitto's default of 20 would measure round trips."""


class Broker(Mosquitto):
    """Mosquitto that drops nothing for a slow consumer; it is never killed here."""

    def arguments(self) -> list[str]:
        """See `Mosquitto`."""
        config = self.folder / "mosquitto.conf"
        lines = f"listener {self.port} {HOST}\nallow_anonymous true\nmax_queued_messages 0\n"
        config.write_text(f"{lines}max_inflight_messages {INFLIGHT}\nset_tcp_nodelay true\n")
        return ["-c", str(config)]


class Taken(NamedTuple):
    """How many readings InfluxDB took, and when it took the last."""

    readings: int
    last_s: float


@contextmanager
def set_stage(folder: Path) -> Iterator[Stage]:
    """Servers of one run, ended after it."""
    with ExitStack() as servers:
        broker = servers.enter_context(Broker(folder / "broker"))
        port = free_port()
        behind = os.environ.get(NAMED)
        told = ["--port", str(port), "--record", str(folder / RECORD)]
        if behind is None:
            influx = servers.enter_context(InfluxDb(folder / "influxdb"))
            _make_database(influx.url)
            told += ["--old", "--upstream", influx.url]
        else:
            told += ["--upstream", behind, "--token", os.environ.get(f"{NAMED[:-3]}TOKEN", "")]
        command = [sys.executable, "-m", "tests.bench.contest.adapter", *told]
        adapter = Program(command, {"PYTHONPATH": str(ROOT)}, folder / "adapter")
        servers.callback(adapter.kill)
        stage = Stage(folder, broker.port, f"http://{HOST}:{port}")
        wait_until(lambda: _answers(stage, adapter), 20, "the adapter's answer")
        yield stage


def taken(stage: Stage) -> Taken:
    """Ask the adapter."""
    return Taken(**json.loads(_ask(stage.influx_url, "GET", "/taken")))


def taken_lines(stage: Stage) -> list[tuple[float, bytes]]:
    """All that InfluxDB took on this stage, and when."""
    taken(stage)  # it writes down what it still holds
    return recorded(stage.folder / RECORD)


def _make_database(url: str) -> None:
    _ask(url, "POST", f"/query?q=CREATE+DATABASE+{BUCKET}")


def _ask(url: str, method: str, path: str) -> bytes:
    connection = http.client.HTTPConnection(url.removeprefix("http://"), timeout=30)
    try:
        connection.request(method, path)
        return connection.getresponse().read()
    finally:
        connection.close()


def _answers(stage: Stage, adapter: Program) -> bool:
    adapter.check()
    try:
        taken(stage)
    except OSError:
        time.sleep(0.05)
        return False
    return True
