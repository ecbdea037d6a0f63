"""Eight hundred bins, written by the ingester's own writer; and the API over them."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import httpx

from ingest.writer import Batch, Writer
from jemput.broker.account import new_password
from jemput.broker.ports import LOOPBACK, free_port
from jemput.entry import Link
from jemput.roles import Role, User
from jemput.store.accounts import Accounts
from jemput.store.database import create_tables, open_database
from jemput.store.registry import RegistryStore
from tests.bench.parts import JEMPUT, running
from tests.bench.small.saying import heard
from tests.bench.small.town import CADENCE_S, GROUP, changes
from tests.servers.process import wait_until

ROUNDS: Final = 6
LONG_S: Final = 60
OPERATOR: Final = "sri"
COLLECTOR: Final = "collector-zone-0"


class PhoneTown:
    """A database of bins that were all heard for an hour, and two people who have accounts."""

    def __init__(self, folder: Path, bins: int) -> None:
        """Make it."""
        self.folder, self.password, self.port = folder, new_password(), free_port()
        self.url = f"sqlite:///{folder / 'jemput.db'}"
        engine = open_database(self.url)
        create_tables(engine)
        now_s = int(time.time())
        begun_s = now_s - ROUNDS * CADENCE_S
        registry = RegistryStore(engine, GROUP)
        registry.decide(lambda _: tuple(changes(bins)), by="bench", now_ms=begun_s * 1000)
        writer = Writer(engine, GROUP)
        writer.take_over()
        writer.commit(Batch(events=(Link(up=True),)), begun_s * 1000)
        for turn in range(1, ROUNDS + 1):
            at_s = begun_s + turn * CADENCE_S
            said = [heard(number, turn, at_s) for number in range(bins)]
            writer.commit(Batch(said), at_s * 1000)
        writer.save_checkpoint()
        for name, role in ((OPERATOR, Role.OPERATOR), (COLLECTOR, Role.COLLECTOR)):
            user = User(name, role, ())
            Accounts(engine).put(user, by="bench", now_ms=now_s * 1000, password=self.password)
        engine.dispose()

    @property
    def base(self) -> str:
        """Where the page is."""
        return f"http://{LOOPBACK}:{self.port}"

    @contextmanager
    def served(self) -> Iterator[None]:
        """The API, in a process of its own."""
        told = {"JEMPUT_DATABASE_URL": self.url, "JEMPUT_API_PORT": str(self.port)}
        with running([JEMPUT, "api"], os.environ | told, self.folder / "api.log"):
            wait_until(self._answers, LONG_S, "the API's start")
            yield

    def session(self, name: str) -> dict[str, str]:
        """The cookies of somebody who signed in."""
        body = {"name": name, "password": self.password}
        answer = httpx.post(f"{self.base}/v1/session", json=body, headers={"Origin": self.base})
        answer.raise_for_status()
        return dict(answer.cookies)

    def _answers(self) -> bool:
        try:
            return httpx.get(f"{self.base}/healthz").is_success
        except httpx.TransportError:
            return False
