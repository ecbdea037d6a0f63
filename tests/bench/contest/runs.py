"""One run of one contender: saturated, at a rate, or killed in the middle."""

import re
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from tests.bench.contest.contender import Contender, Stage
from tests.bench.contest.flooding import (
    PROBES_FROM,
    Flood,
    Key,
    Load,
    settled,
    wait_until_heard,
)
from tests.bench.contest.listening import Listening
from tests.bench.contest.ours import Ours, deciding
from tests.bench.contest.processes import Program
from tests.bench.contest.stage import set_stage, taken, taken_lines

STALLED_S: Final = 15.0
"""So long without a new reading, and what is missing is not waited for any more."""
QUIET_AFTER_KILL_S: Final = 3.0
_DEVICE: Final = re.compile(rb"[,]device=([^, ]+)")
_SEQ: Final = re.compile(rb"[ ,]seq=(\d+)")
_SEQS: Final = 1_000_000


@dataclass(slots=True)
class Outcome:
    """What one run showed."""

    cpu_s_per_million: float
    msgs_per_s: float
    peak_mb: float
    stored: int
    stored_s: list[float] = field(default_factory=list)
    """Publish to queryable, for each message."""
    alert_s: list[float] = field(default_factory=list)
    """Publish of the deciding reading to the alert's receipt."""


def run(contender: Contender, load: Load, folder: Path) -> Outcome:
    """Everything new, one contender, one load; CPU is counted from ready until it has ended.

    So what a contender puts off until its end is counted too.
    """
    with set_stage(folder) as stage, Listening(stage.broker_port) as alerts:
        program = contender.start(stage)
        try:
            before = wait_until_heard(stage, program)
            ready_cpu_s = program.cpu_s()
            flood = Flood(stage, load)
            try:
                stored, last_s = _drained(stage, program, flood, before)
            finally:
                flood.kill()
        finally:
            total_cpu_s = program.stop()
        took_s = last_s - flood.report()["begun_s"]
        outcome = Outcome(
            cpu_s_per_million=(total_cpu_s - ready_cpu_s) / load.count * 1e6,
            msgs_per_s=stored / took_s,
            peak_mb=program.peak_mb,
            stored=stored,
        )
        if load.rate:
            sent_s = flood.sent_s()
            outcome.stored_s = _delays(sent_s, _stored_s(stage))
            if isinstance(contender, Ours):
                heard_s = alerts.received_s
                called = {
                    key: heard_s[one] for one, key in deciding(stage).items() if one in heard_s
                }
                outcome.alert_s = _delays(sent_s, called)
        return outcome


def lost_after_kill(contender: Contender, load: Load, folder: Path) -> int:
    """Messages missing in the end, after `kill -9` in mid-run and a restart at once."""
    with set_stage(folder) as stage:
        program = contender.start(stage)
        try:
            wait_until_heard(stage, program)
            flood = Flood(stage, load)
            try:
                _wait(load.count / load.rate / 2)
                program.kill()
                program = contender.start(stage)
                while not flood.is_over():
                    _wait(0.1)
                    program.check()
                _wait(QUIET_AFTER_KILL_S)
                settled(stage, QUIET_AFTER_KILL_S)
            finally:
                flood.kill()
        finally:
            program.kill()
        return len(flood.sent_s().keys() - _stored_s(stage).keys())


def percentile(values: list[float], share: float) -> float | None:
    """The value below which so much of them lies; None of none."""
    ranked = sorted(values)
    return ranked[min(len(ranked) - 1, int(len(ranked) * share))] if ranked else None


def _drained(stage: Stage, program: Program, flood: Flood, before: int) -> tuple[int, float]:
    """Wait until all is stored, or nothing more comes; how many, and when the last was."""
    latest, moved_s, wanted = before, time.monotonic(), before + flood.load.count
    while time.monotonic() - moved_s < STALLED_S or not flood.is_over():
        program.check()
        _wait(0.05)
        now = taken(stage).readings
        if now != latest:
            latest, moved_s = now, time.monotonic()
        if latest >= wanted and flood.is_over():
            # A write that was tried again is there twice: what counts is which readings are there.
            missing = flood.load.count - len(_stored_s(stage))
            if not missing:
                break
            wanted = latest + missing
    return len(_stored_s(stage)), taken(stage).last_s


def _stored_s(stage: Stage) -> dict[Key, float]:
    """When each reading could first be asked for."""
    found: dict[Key, float] = {}
    for taken_s, body in taken_lines(stage):
        for line in body.splitlines():
            if line.startswith(b"reading,"):
                key = key_of(line)
                if key[1] < PROBES_FROM:
                    found.setdefault(key, taken_s)
    return found


def key_of(line: bytes) -> Key:
    """Device and sequence of a point; ours have the sequence in their time."""
    device = _DEVICE.search(line)
    if device is None:
        raise ValueError(f"a point without a device: {line!r}")
    seq = _SEQ.search(line)
    number = int(seq[1]) if seq else int(line.rpartition(b" ")[2]) % _SEQS
    return device[1].decode(), number


def _delays(from_s: dict[Key, float], to_s: dict[Key, float]) -> list[float]:
    return [at_s - from_s[key] for key, at_s in to_s.items() if key in from_s]


def _wait(seconds: float) -> None:
    time.sleep(seconds)
