"""The broker's accounts as the database has them, looked at about once a second.

A database that does not answer changes nothing: the broker goes on with who was known, and a
start takes what was kept in a file, for devices must not stay outside because of a database.
"""

import asyncio
import contextlib
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

import msgspec
from sqlalchemy.exc import SQLAlchemyError

from jemput.broker.account import BrokerAccount, claim_account, collector_account, device_account
from jemput.broker.accounts import BrokerAccounts
from jemput.broker.files import put_file
from jemput.broker.nats import BrokerError
from jemput.cli.options import refuse_missing_file
from jemput.cli.serving import told_to_stop
from jemput.hashes import Hashes
from jemput.store import broker_accounts
from jemput.store.broker_accounts import BrokerAccountStore, Mark
from jemput.store.database import SchemaError, check_schema

KEPT: Final = "accounts.json"
LOOK_S: Final = 1.0
DOWN: Final = (SQLAlchemyError, SchemaError, OSError)
NOTHING: Final[Mark] = (-1, -1)


class Known:
    """Who may speak, by the database; `ours` are always there."""

    def __init__(
        self, store: BrokerAccountStore, ours: Sequence[BrokerAccount], kept: Path
    ) -> None:
        """Take the store, and the file that outlives us."""
        self.mark = NOTHING
        self._store = store
        self._ours = tuple(ours)
        self._kept = kept

    def first(self) -> Sequence[BrokerAccount]:
        """For a start: what the database says, else what it said last.

        Raises what the database raises where nothing was kept: nobody would be let in.
        """
        try:
            refuse_missing_file(str(self._store.engine.url))
            check_schema(self._store.engine)
            mark, accounts = self.read()
        except DOWN as error:
            if not self._kept.exists():
                raise
            say(f"{_in_short(error)}: the broker begins with the accounts of {self._kept}")
            listed = msgspec.json.decode(self._kept.read_bytes(), type=tuple[BrokerAccount, ...])
            return (*self._ours, *listed)
        self.took(mark, accounts)
        return accounts

    def read(self) -> tuple[Mark, Sequence[BrokerAccount]]:
        """What the database says now. Raises what it raises."""
        mark = self._store.mark()
        return mark, (*self._ours, *accounts_of(self._store))

    def is_other(self) -> bool:
        """Whether something changed since the last time. Raises what the database raises."""
        return self._store.mark() != self.mark

    def took(self, mark: Mark, accounts: Sequence[BrokerAccount]) -> None:
        """The broker has these: remember them."""
        theirs = [one for one in accounts if one not in self._ours]
        self._kept.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        put_file(self._kept, msgspec.json.encode(theirs).decode())
        self.mark = mark


class Link:
    """Keeps one broker as the database has it."""

    def __init__(self, known: Known, broker: BrokerAccounts, certificate: Sequence[Path]) -> None:
        """Take who is known, the broker that runs, and the files of its certificate."""
        self._known = known
        self._broker = broker
        self._files = tuple(certificate)
        self._stamps = self._look_at_files()
        self._trouble = ""

    def look(self) -> None:
        """Take what changed to the broker. A database that is away is said once."""
        try:
            self._take_accounts()
            self._take_certificate()
        except (*DOWN, BrokerError) as error:
            self._note(f"{_in_short(error)}: the broker goes on with what it has")
        else:
            self._note("")

    def _take_accounts(self) -> None:
        if not self._known.is_other():
            return
        mark, accounts = self._known.read()
        self._broker.put(accounts)
        self._known.took(mark, accounts)
        say(f"{len(accounts)} accounts at the broker")

    def _take_certificate(self) -> None:
        found = self._look_at_files()
        if found != self._stamps and None not in found:
            self._broker.renew()
            self._stamps = found
            say("the broker has its new certificate")

    def _look_at_files(self) -> list[tuple[int, int, int] | None]:
        return [_stamp(file) for file in self._files]

    def _note(self, trouble: str) -> None:
        if trouble != self._trouble:
            say(trouble or "all is well again")
        self._trouble = trouble


async def keep(link: Link, check: Callable[[], None]) -> None:
    """Look until SIGTERM or Ctrl-C. Raises what `check` raises."""
    stop = told_to_stop()
    while not stop.is_set():
        check()
        await asyncio.to_thread(link.look)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), LOOK_S)


def accounts_of(store: BrokerAccountStore) -> list[BrokerAccount]:
    """Every account that is not revoked, with its rights."""
    return [_account_of(known, hashes) for known, hashes in store.live()]


def _account_of(known: broker_accounts.Known, hashes: Hashes) -> BrokerAccount:
    match known.kind:
        case "device":
            return device_account(known.name, hashes, site=known.site)
        case "claim":
            return claim_account(known.name, hashes, site=known.site)
        case "collector":
            return collector_account(known.name, hashes)


def say(words: str) -> None:
    """A line for whoever runs the broker."""
    sys.stderr.write(f"{words}\n")
    sys.stderr.flush()


def _stamp(file: Path) -> tuple[int, int, int] | None:
    """What changes when a file is written anew; None where it is not there for a moment."""
    with contextlib.suppress(OSError):
        found = file.stat()
        return found.st_mtime_ns, found.st_size, found.st_ino
    return None


def _in_short(error: Exception) -> str:
    cause = getattr(error, "orig", None) or error
    return str(cause).strip().splitlines()[0]
