"""The load: `simulator.flood` as a process of its own, and what it noted of each message."""

import asyncio
import csv
import json
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from simulator.flood.link import Broker
from simulator.flood.messages import Plan
from simulator.flood.pour import pour
from tests.bench.contest.contender import Stage
from tests.bench.contest.processes import Program
from tests.bench.contest.stage import ROOT, taken
from tests.servers import HOST

PROBES_FROM: Final = 900_000
"""Sequences of the messages that only ask whether a contender hears."""
WINDOW: Final = 2_000
READY_S: Final = 60.0
_PROBE_S: Final = 1.0

Key = tuple[str, int]
"""Device and sequence."""


@dataclass(frozen=True, slots=True)
class Load:
    """How much is said, by how many devices, and how fast; 0 is as fast as it goes."""

    count: int
    devices: int
    rate: int = 0


class Flood:
    """One load on its way; it was begun when this is made."""

    def __init__(self, stage: Stage, load: Load) -> None:
        """Start pouring."""
        self.load = load
        folder = stage.folder / "flood"
        self._times = folder / "times.csv"
        told = {
            "port": stage.broker_port,
            "count": load.count,
            "devices": load.devices,
            "rate": load.rate,
            "window": WINDOW,
            "times": self._times,
        }
        options = [text for name, value in told.items() for text in (f"--{name}", str(value))]
        command = [sys.executable, "-m", "simulator.flood", "--json", *options]
        self._program = Program(command, {"PYTHONPATH": str(ROOT)}, folder)
        self._log = folder / "log"

    def is_over(self) -> bool:
        """Whether all of it was said, and its times are written."""
        ended = self._program.ended()
        if ended:
            raise RuntimeError(f"the flood failed: {self._log.read_text()[-500:]}")
        return ended == 0

    def report(self) -> Mapping[str, float]:
        """What it said at its end."""
        said: dict[str, float] = json.loads(self._log.read_text())
        return said

    def sent_s(self) -> dict[Key, float]:
        """When each message was sent, in Unix seconds."""
        with self._times.open(encoding="utf-8", newline="") as lines:
            rows = csv.reader(lines)
            next(rows)
            return {(device, int(seq)): float(sent_s) for device, seq, sent_s, _ in rows}

    def kill(self) -> None:
        """End it, wherever it is."""
        self._program.kill()


def wait_until_heard(stage: Stage, program: Program) -> int:
    """Say a message each second until one is stored; return how many readings are there now."""
    deadline, seq = time.monotonic() + READY_S, PROBES_FROM
    while time.monotonic() < deadline:
        program.check()
        probe = Plan(count=1, devices=1, boot=1, first_seq=seq)
        asyncio.run(pour(Broker(HOST, stage.broker_port), probe, window=1))
        seq += 1
        again = time.monotonic() + _PROBE_S
        while time.monotonic() < again:
            if taken(stage).readings:
                return settled(stage, 0.3)
            time.sleep(0.05)
    raise RuntimeError(f"nothing was stored in {READY_S:g} s:\n{_said(program.log)}")


def settled(stage: Stage, quiet_s: float) -> int:
    """How many readings there are once none came for so long."""
    before = -1
    while (now := taken(stage).readings) != before:
        before = now
        time.sleep(quiet_s)
    return before


def _said(log: Path) -> str:
    return log.read_text("utf-8", "replace")[-2000:]
