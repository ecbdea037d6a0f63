"""The world of a scenario: servers, devices, a receiver of alerts, and the ingester between."""

import asyncio
import contextlib
import os
import random
import sqlite3
import subprocess
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import pytest

from jemput.broker.account import INGEST
from jemput.registry import PutCollector
from jemput.store.database import create_tables, open_database
from jemput.store.registry import RegistryStore
from jemput.things import Collector
from tests.builders import town
from tests.faults.brokers import PASSWORD, Broker, gateway_address, make_broker
from tests.faults.certificates import Certificates
from tests.faults.fleet import Fleet
from tests.faults.ingester import JEMPUT, Ingester
from tests.faults.ledger import GROUP, Ledger
from tests.faults.network import Network
from tests.faults.oracle import Identity, Oracle
from tests.faults.receiver import Receiver
from tests.faults.scenario import Setup
from tests.servers import HOST, InfluxDb, PostgreSql, require

FULL: Final = 6
"""How many of the bins."""
FRESH: Final = "d-fresh"
"""The device that speaks when all is over."""
PATIENCE_S: Final = 40.0
SMALL_DISK: Final = "8m"
MOST_READINGS: Final = 100
"""In one message; 128 would be refused."""
_LOOK_S: Final = 0.05


@dataclass
class World:
    """Everything that a scenario can reach."""

    folder: Path
    rng: random.Random
    oracle: Oracle
    ledger: Ledger
    broker: Broker
    link: Network
    """Between the ingester and the broker."""
    fleet: Fleet
    receiver: Receiver
    ingester: Ingester
    influx: InfluxDb | None = None
    influx_link: Network | None = None
    database: Path = field(default_factory=Path)
    """Of SQLite."""
    postgresql: PostgreSql | None = None
    tls: Certificates | None = None
    """Of the broker."""
    patience_s: float = PATIENCE_S
    """How long recovery may take."""
    bins: int = 0
    weight: int = 1
    """How many times as many readings a message holds while devices speak."""
    changed: set[Identity] = field(default_factory=set)
    """Readings that do not say what was said."""
    healed_s: float = 0.0
    """When the last fault ended, on the monotonic clock."""

    @property
    def devices(self) -> list[str]:
        """The devices that hang on bins."""
        return [f"d-b{number}" for number in range(1, self.bins + 1)]

    def end_ingester(self) -> None:
        """End the ingester of now."""
        self.ingester.kill()

    def spare_ingester(self) -> Ingester:
        """Another ingester of the same group."""
        return Ingester(self.ingester.told, self.folder / "other.log", self.ingester.program)

    @contextlib.contextmanager
    def locked(self) -> Iterator[sqlite3.Connection]:
        """Another program holds the database's write lock meanwhile; what it does is kept."""
        with contextlib.closing(sqlite3.connect(self.database, isolation_level=None)) as other:
            other.execute("PRAGMA busy_timeout = 10000")
            other.execute("BEGIN IMMEDIATE")
            yield other
            other.execute("COMMIT")

    @contextlib.asynccontextmanager
    async def talking(self, messages_s: float = 60, most_readings: int = 5) -> AsyncIterator[None]:
        """Devices speak meanwhile; at the end the broker has acknowledged all of it."""
        task = asyncio.create_task(self._talk(messages_s, most_readings))
        try:
            yield
        finally:
            task.cancel()
            await asyncio.wait({task})
        self.healed_s = self.healed_s or time.monotonic()
        await self.fleet.all_told()

    async def _talk(self, messages_s: float, most_readings: int) -> None:
        while True:
            count = self.rng.randint(1, most_readings) * self.weight
            self.fleet.say(self.rng.choice(self.devices), min(count, MOST_READINGS))
            await asyncio.sleep(self.rng.uniform(0, 2 / messages_s))

    def healed(self) -> None:
        """The fault is over: from here on recovery is measured."""
        self.healed_s = time.monotonic()

    async def pause(self, least_s: float, most_s: float) -> None:
        """Let a drawn time pass."""
        await asyncio.sleep(self.rng.uniform(least_s, most_s))

    async def start_ingester(self) -> None:
        """Start it and wait until it hears."""
        self.ledger.read_on()
        before = self.ledger.links_up
        self.ingester.start()
        await self.until(lambda: self.ledger.links_up > before, "the ingester's link")

    async def relinked(self, before: int) -> None:
        """Wait until its link came up again since there were `before` of them."""
        await self.until(lambda: self.ledger.links_up > before, "a new link")

    async def until(
        self, is_so: Callable[[], bool], what: str, timeout_s: float | None = None
    ) -> None:
        """Read the journal until it is so. Raises `TimeoutError`."""
        timeout_s = timeout_s or self.patience_s
        deadline = time.monotonic() + timeout_s
        while True:
            self.ledger.read_on()
            if is_so():
                return
            if time.monotonic() > deadline:
                raise TimeoutError(f"{what} did not come within {timeout_s:g} s")
            await asyncio.sleep(_LOOK_S)

    async def heard(self, count: int) -> None:
        """Wait until the journal holds so many readings."""
        await self.until(lambda: len(self.ledger.counts) >= count, f"reading {count}")


@contextlib.asynccontextmanager
async def open_world(  # noqa: PLR0913, PLR0917 - what a run may choose
    setup: Setup,
    seed: int,
    folder: Path,
    program: Sequence[str] = JEMPUT,
    patience_s: float = PATIENCE_S,
    weight: int = 1,
) -> AsyncIterator[World]:
    """A town that hears; some of its bins are full."""
    weight = 1 if setup.light else weight
    bins = [f"b{number}" for number in range(1, setup.bins + 1)]
    full = frozenset(f"d-{one}" for one in bins[:FULL])
    async with contextlib.AsyncExitStack() as stack:
        receiver = await stack.enter_async_context(Receiver())
        tls = Certificates(folder / "tls") if setup.tls else None
        pair = tls.pair if tls else None
        broker = make_broker(setup.broker, folder / "broker", setup.ack_wait_s, pair)
        await asyncio.to_thread(broker.start)
        stack.callback(broker.kill)
        link = await stack.enter_async_context(Network(broker.port))
        told = {"JEMPUT_MQTT_PORT": str(link.port)} | _account()
        if tls:
            told["JEMPUT_MQTT_CA_FILE"] = str(tls.authority)
        influx, influx_link = None, None
        if setup.influx:
            influx = stack.enter_context(InfluxDb(folder / "influx"))
            influx_link = await stack.enter_async_context(Network(influx.port))
            told["JEMPUT_INFLUX_URL"] = f"http://{HOST}:{influx_link.port}"
        database = _disk(stack, folder, small=setup.small_disk) / "jemput.db"
        url, postgresql = f"sqlite:///{database}", None
        if setup.postgresql:
            postgresql = stack.enter_context(_postgresql(folder))
            url = postgresql.url(postgresql.make_schema())
        ledger = _make_town(url, told, bins, receiver.url)
        stack.callback(ledger.engine.dispose)
        oracle = Oracle(int(time.time()), full, weight)
        address = gateway_address(broker.port, tls.context() if tls else None)
        fleet = Fleet(address, oracle, keeps=setup.keeps)
        await stack.enter_async_context(fleet.connected())
        ingester = Ingester(told, folder / "ingest.log", program)
        rng = random.Random(seed)  # noqa: S311 - repeatable, not secret
        world = World(folder, rng, oracle, ledger, broker, link, fleet, receiver, ingester)
        world.influx, world.influx_link = influx, influx_link
        world.database, world.patience_s = database, patience_s
        world.bins, world.weight = setup.bins, weight
        world.postgresql, world.tls = postgresql, tls
        stack.callback(world.end_ingester)
        await world.start_ingester()
        yield world


def _account() -> dict[str, str]:
    return {"JEMPUT_MQTT_USERNAME": INGEST, "JEMPUT_MQTT_PASSWORD": PASSWORD}


def _postgresql(folder: Path) -> PostgreSql:
    """PostgreSQL in a folder that another user, as whom it runs where we are root, may enter."""
    folder.chmod(0o711)
    return PostgreSql(folder / "postgresql")


def _disk(stack: contextlib.AsyncExitStack, folder: Path, *, small: bool) -> Path:
    """Where the database lives: a disk of its own, that can be filled, where it shall be small."""
    if small:
        if os.geteuid() != 0:
            pytest.skip("a small disk is a tmpfs, and mounting one needs root")
        folder /= "disk"
        folder.mkdir()
        size = f"size={SMALL_DISK}"
        subprocess.run([require("mount"), "-t", "tmpfs", "-o", size, "tmpfs", folder], check=True)
        unmount = (str(require("umount")), "-l", str(folder))
        stack.callback(lambda: subprocess.run(unmount, check=True))
    return folder


def _make_town(url: str, told: dict[str, str], bins: list[str], alert_url: str) -> Ledger:
    told["JEMPUT_DATABASE_URL"] = url
    engine = open_database(url)
    create_tables(engine)
    asep = Collector("asep", "Asep", ("north",), channels=("webhook",), webhook_url=alert_url)
    RegistryStore(engine, GROUP).change(
        [*town([*bins, "fresh"]), PutCollector(asep)], by="test", now_ms=0
    )
    return Ledger(engine)
