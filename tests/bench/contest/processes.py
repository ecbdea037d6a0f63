"""A contender's processes: one group, CPU and memory read from /proc, ended whole."""

import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from tests.bench.processes import children, cpu_of

STOP_TIMEOUT_S: Final = 20.0


class Program:
    """One program and its children, in a process group of their own; they speak into a log."""

    def __init__(self, command: Sequence[str], env: Mapping[str, str], folder: Path) -> None:
        """Start it at once, in `folder`."""
        folder.mkdir(parents=True, exist_ok=True)
        self.log = folder / "log"
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=folder,
                env={**os.environ, **env},
                start_new_session=True,
            )
        self.peak_mb = 0.0

    @property
    def pid(self) -> int:
        """Of the program itself."""
        return self._process.pid

    def cpu_s(self) -> float:
        """Seconds of CPU so far: of it, its children, and those that have ended."""
        return sum(_cpu_s(pid) for pid in _tree(self._process.pid))

    def ended(self) -> int | None:
        """Its exit code; None while it runs."""
        return self._process.poll()

    def check(self) -> None:
        """Raise with the end of its log where it has ended."""
        if self._process.poll() is not None:
            said = self.log.read_text("utf-8", "replace")[-2000:]
            raise RuntimeError(f"{self._process.args!r} ended early:\n{said}")

    def stop(self) -> float:
        """Ask it to end, and wait. Returns all the CPU seconds it ever took."""
        self._note_peak()
        os.kill(self._process.pid, signal.SIGTERM)
        deadline = time.monotonic() + STOP_TIMEOUT_S
        while time.monotonic() < deadline:
            ended, _, used = os.wait4(self._process.pid, os.WNOHANG)
            if ended:
                self._process.returncode = 0
                return used.ru_utime + used.ru_stime
            time.sleep(0.02)
        return self.kill()

    def kill(self) -> float:
        """End all of it without a word. Returns all the CPU seconds it ever took."""
        if self._process.returncode is not None:
            return 0.0
        self._note_peak()
        used_s = self.cpu_s()  # later nobody counts children that nobody waited for
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        return used_s

    def _note_peak(self) -> None:
        peak_kb = sum(_peak_kb(pid) for pid in _tree(self._process.pid))
        self.peak_mb = max(self.peak_mb, peak_kb / 1024)


def _tree(root: int) -> list[int]:
    """A process and everything below it that lives."""
    found, fresh = [root], [root]
    while fresh:
        fresh = [child for pid in fresh for child in _children(pid)]
        found += fresh
    return found


def _children(pid: int) -> list[int]:
    try:
        return children(pid)
    except OSError:
        return []


def _cpu_s(pid: int) -> float:
    try:
        return sum(cpu_of(pid))
    except OSError:
        return 0.0


def _peak_kb(pid: int) -> int:
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0
    lines = (line for line in status.splitlines() if line.startswith("VmHWM:"))
    return int(next(lines, "VmHWM: 0 kB").split()[1])
