"""A real `jemput ingest` as a process of its own, which a scenario may end in any way."""

import asyncio
import contextlib
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from tests.shape.tree import ROOT

JEMPUT: Final = (str(Path(sys.executable).parent / "jemput"),)
LAUNCHER: Final = (sys.executable, "-m", "tests.faults.launcher")
"""`jemput` too, as a scenario wants it: what it shall do is told by `JEMPUT_TEST_...`."""
END_S: Final = 20


class Ingester:
    """One process; started anew it is the same ingester of the same group."""

    def __init__(self, told: Mapping[str, str], log: Path, program: Sequence[str] = JEMPUT) -> None:
        """Take its settings, where it logs, and what runs `jemput`."""
        self.told = dict(told)
        self.log = log
        self.under: tuple[str, ...] = ()
        """A program to run it under, such as strace."""
        self.program = program
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def process(self) -> subprocess.Popen[bytes]:
        """The process, running or ended."""
        if self._process is None:
            raise RuntimeError("the ingester was not started")
        return self._process

    @property
    def runs(self) -> bool:
        """Whether it has not ended."""
        return self._process is not None and self._process.poll() is None

    def launch(self, **told: str) -> None:
        """Tell the launcher something from the next start on."""
        self.told |= {f"JEMPUT_TEST_{name.upper()}": value for name, value in told.items()}
        if self.program == JEMPUT:
            self.program = LAUNCHER

    def start(self) -> None:
        """Start; it is not connected yet when this returns."""
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [*self.under, *self.program, "ingest"],
                env=os.environ | self.told,
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def kill(self) -> None:
        """End it without a word, as a power cut would."""
        if self.runs:
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(END_S)

    def stop(self) -> int:
        """Ask it to end; what it answers. Raises when it does not end."""
        if self.runs:
            self.process.terminate()
        return self.process.wait(END_S)

    def freeze(self) -> None:
        """Stop it in its tracks."""
        self.process.send_signal(signal.SIGSTOP)

    async def freeze_between_commits(self, database: Path) -> None:
        """Stop it where it does not hold SQLite's write lock, which it would keep."""
        self.freeze()
        while not _is_unlocked(database):
            self.thaw()
            await asyncio.sleep(0.02)
            self.freeze()

    def thaw(self) -> None:
        """Let it go on."""
        self.process.send_signal(signal.SIGCONT)


def _is_unlocked(database: Path) -> bool:
    with contextlib.closing(sqlite3.connect(database, 0.2, isolation_level=None)) as other:
        try:
            other.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError:
            return False
        other.execute("ROLLBACK")
        return True
