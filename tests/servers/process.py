"""What all servers have in common: a folder, a port, a log, a start that waits, an end by pid."""

import pwd
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import ClassVar, Final, Self, TypedDict

from tests.servers.programs import require

HOST: Final = "127.0.0.1"
START_TIMEOUT_S: Final = 20
STOP_TIMEOUT_S: Final = 10


def free_port() -> int:
    """A port that nobody listened on a moment ago."""
    with socket.create_server((HOST, 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def wait_until(is_true: Callable[[], bool], timeout_s: float, what: str) -> None:
    """Look again every 20 ms; raise `TimeoutError` saying what was waited for."""
    deadline = time.monotonic() + timeout_s
    while not is_true():
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what} did not come within {timeout_s} s")
        time.sleep(0.02)


class AsUser(TypedDict, total=False):
    """What `subprocess` is told to run a program as somebody else."""

    user: str
    group: int
    extra_groups: list[int]


def as_user(name: str | None) -> AsUser:
    """Nothing where it is None: the program runs as who starts it."""
    if name is None:
        return {}
    return {"user": name, "group": pwd.getpwnam(name).pw_gid, "extra_groups": []}


class Server:
    """One server, running inside `with`.

    Folder and port stay over `kill()` and `start()`, so that a test can end it and look again.
    """

    program: ClassVar[str]

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self.log = folder / f"{self.program}.log"
        self.user: str | None = None
        """Who runs it, where that is not who runs the tests; only root may say so."""
        self._path = require(self.program)
        self._process: subprocess.Popen[bytes] | None = None

    def arguments(self) -> list[str]:
        """Write the configuration and say how the program is told of it."""
        raise NotImplementedError

    def is_ready(self) -> bool:
        """Whether it answers."""
        raise NotImplementedError

    @property
    def pid(self) -> int:
        """Of the running process."""
        if self._process is None:
            raise RuntimeError(f"{self.program} is not running: call start()")
        return self._process.pid

    def start(self) -> None:
        """Start, and return once it answers. Raises with the end of its log when it does not."""
        self.folder.mkdir(parents=True, exist_ok=True)
        command = [str(self._path), *self.arguments()]
        with self.log.open("ab") as log:
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self.folder,
                **as_user(self.user),
            )
        self._process = process
        try:
            wait_until(
                lambda: self._has_begun(process), START_TIMEOUT_S, f"{self.program}'s answer"
            )
        except BaseException:
            self.kill()
            raise

    def _has_begun(self, process: subprocess.Popen[bytes]) -> bool:
        if process.poll() is not None:
            raise RuntimeError(f"{self.program} ended at once:\n{self.log.read_text()[-2000:]}")
        return self.is_ready()

    def stop(self) -> None:
        """Ask it to end and wait. Does nothing when it does not run."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """End it without a word, as a power cut would."""
        self._end(signal.SIGKILL)

    def _end(self, how: signal.Signals) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.send_signal(how)
        try:
            process.wait(STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()
