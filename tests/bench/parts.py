"""Parts of the system as processes of their own, told by settings, and ended by their pids."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

JEMPUT: Final = Path(sys.executable).parent / "jemput"
END_S: Final = 60


@contextmanager
def running(
    arguments: list[str | Path], told: Mapping[str, str], log: Path
) -> Iterator[subprocess.Popen[bytes]]:
    """A process with these settings, asked to end at the end; what it says is in `log`."""
    with log.open("ab") as said:
        process = subprocess.Popen(
            arguments, env=os.environ | told, stdout=said, stderr=said, stdin=subprocess.DEVNULL
        )
    try:
        yield process
    finally:
        _end(process)


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
    try:
        process.wait(END_S)
    except subprocess.TimeoutExpired:
        process.kill()  # nothing that was started stays behind
        raise


def check_alive(process: subprocess.Popen[bytes], log: Path) -> None:
    """Raise `RuntimeError` with what it said where a process ended by itself."""
    if process.poll() is not None:
        raise RuntimeError(f"ended with {process.returncode}: {log.read_text()[-2000:]}")
