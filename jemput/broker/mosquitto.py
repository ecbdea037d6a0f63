"""The users of a Mosquitto that somebody runs: a password file, an ACL file, and SIGHUP."""

import contextlib
import os
import signal
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from jemput.broker.account import INGEST, BrokerAccount
from jemput.broker.files import put_file

PASSWORDS: Final = "passwords"
ACL: Final = "acl"
ITSELF: Final = "$SYS/broker/version"
"""What it says of itself, for `jemput doctor`; nats-server has no such topic."""


class MosquittoAccounts:
    """Who may speak to one Mosquitto, whose configuration names the two files in `folder`.

    It drops whoever is no longer right when it reads them again, and keeps the others.
    """

    def __init__(self, folder: Path, pid_file: Path) -> None:
        """Take where the files are, and where Mosquitto says its number; touch nothing."""
        self.folder = folder
        self.pid_file = pid_file

    @property
    def pid(self) -> int | None:
        """Of Mosquitto, while it runs."""
        with contextlib.suppress(OSError, ValueError):
            pid = int(self.pid_file.read_text(encoding="ascii"))
            os.kill(pid, 0)
            return pid
        return None

    def put(self, accounts: Iterable[BrokerAccount]) -> None:
        """From now on these may speak and nobody else; one that does not run reads it later."""
        known = tuple(accounts)
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        put_file(self.folder / PASSWORDS, "".join(map(_password, known)))
        put_file(self.folder / ACL, "\n".join(line for one in known for line in _rights(one)))
        if (pid := self.pid) is not None:
            os.kill(pid, signal.SIGHUP)

    def renew(self) -> None:
        """Read the certificate anew."""
        if (pid := self.pid) is not None:
            os.kill(pid, signal.SIGHUP)


def _password(account: BrokerAccount) -> str:
    return f"{account.name}:{account.hashes.mosquitto}\n"


def _rights(account: BrokerAccount) -> Iterator[str]:
    yield f"user {account.name}"
    yield from (f"topic write {one}" for one in account.publish)
    yield from (f"topic read {one}" for one in account.subscribe)
    if account.name == INGEST:
        yield f"topic read {ITSELF}"
    yield ""
