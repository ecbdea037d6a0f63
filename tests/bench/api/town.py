"""Ten thousand bins: broker, ingester and API as they are run, and a flood of readings."""

import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from sqlalchemy import Engine, func, insert, select

from jemput.broker.account import INGEST, REPLAY, ingest_user, new_password, replay_user
from jemput.broker.config import NatsSettings
from jemput.broker.nats import NatsServer
from jemput.broker.ports import LOOPBACK, free_port
from jemput.geometry import Geometry
from jemput.registry import Bind, Change, PutBin, PutCollector, PutHalte, PutSite, PutZone
from jemput.roles import Role, User
from jemput.store.accounts import Accounts
from jemput.store.credentials import Credentials
from jemput.store.database import create_tables, open_database, writing
from jemput.store.registry import RegistryStore
from jemput.store.schema import bin_state, history, journal
from jemput.things import Bin, Collector, Halte, Site, Zone
from simulator.flood.messages import EMPTY_MM, FULL_MM, Plan
from tests.bench.parts import JEMPUT, check_alive, running
from tests.servers.process import wait_until

GROUP: Final = "main"
SITES: Final = 5
BINS_AT_HALTE: Final = 4
WASTES: Final = ("organic", "plastic", "paper", "residual")
CADENCE_S: Final = 600
DAYS: Final = 30
DAY_S: Final = 86_400
LONG_S: Final = 120
ROWS_AT_ONCE: Final = 20_000


def bin_of(number: int) -> str:
    """The id of a bin."""
    return f"bin-{number:05}"


def changes(bins: int) -> Iterator[Change]:
    """A registry: four bins at a halte, five sites, a zone and a collector for each."""
    haltes = range(-(-bins // BINS_AT_HALTE))
    for site in range(SITES):
        yield PutSite(Site(f"site-{site}", f"Kecamatan {site}"))
    for halte in haltes:
        lat, lon = 3.5 + halte // 50 * 1e-3, 98.8 + halte % 50 * 1e-3
        of = f"site-{halte % SITES}"
        yield PutHalte(Halte(f"halte-{halte:04}", of, f"Halte {halte}", lat, lon))
    for site in range(SITES):
        of_site = tuple(f"halte-{halte:04}" for halte in haltes if halte % SITES == site)
        yield PutZone(Zone(f"zone-{site}", f"Zona {site}", of_site))
        yield PutCollector(Collector(f"collector-{site}", f"Petugas {site}", (f"zone-{site}",)))
    shape, plan = Geometry(EMPTY_MM, FULL_MM), Plan(bins, bins)
    for number in range(bins):
        halte_id, waste = f"halte-{number // BINS_AT_HALTE:04}", WASTES[number % BINS_AT_HALTE]
        yield PutBin(Bin(bin_of(number), halte_id, waste, shape, CADENCE_S))
        yield Bind(plan.device(number), bin_of(number), 0)


@dataclass
class BigTown:
    """A database full of bins in a folder, and what runs over it."""

    folder: Path
    bins: int
    remembered: int
    """So many bins have a history of 30 days, at a reading in ten minutes."""
    key: str = ""
    mqtt_port: int = field(default_factory=free_port)
    api_port: int = field(default_factory=free_port)
    password: str = field(default_factory=new_password)
    pids: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Make the database."""
        self.engine: Engine = open_database(self.url)
        create_tables(self.engine)
        now_ms = int(time.time() * 1000)
        registry = RegistryStore(self.engine, GROUP)
        registry.decide(lambda _: tuple(changes(self.bins)), by="bench", now_ms=now_ms)
        user = User("bench", Role.OPERATOR, ())
        Accounts(self.engine).put(user, by="bench", now_ms=now_ms)
        made = Credentials(self.engine).make_key("bench", "bench", 1, by="bench", now_ms=now_ms)
        self.key = made[1]
        for number in range(self.remembered):
            self._remember(bin_of(number), now_ms // 1000)

    @property
    def url(self) -> str:
        """The database's."""
        return f"sqlite:///{self.folder / 'jemput.db'}"

    @property
    def told(self) -> dict[str, str]:
        """The settings of its parts."""
        return {
            "JEMPUT_DATABASE_URL": self.url,
            "JEMPUT_MQTT_PORT": str(self.mqtt_port),
            "JEMPUT_MQTT_USERNAME": INGEST,
            "JEMPUT_MQTT_PASSWORD": self.password,
            "JEMPUT_API_PORT": str(self.api_port),
        }

    def readings(self) -> int:
        """How many are in the journal."""
        with self.engine.connect() as connection:
            return connection.execute(select(func.sum(journal.c.readings))).scalar() or 0

    def heard(self) -> int:
        """How many bins have a level."""
        with self.engine.connect() as connection:
            return connection.execute(select(func.count()).select_from(bin_state)).scalar() or 0

    @contextmanager
    def served(self) -> Iterator[None]:
        """Broker, ingester and API."""
        users = ingest_user(self.password), replay_user(self.password)
        # As a killed broker, and not as a power cut, would have it: the bench is of the API.
        nats = NatsSettings(self.folder / "broker", self.mqtt_port, sync_interval="1s")
        with ExitStack() as stack:
            stack.enter_context(NatsServer(nats, users))
            for part in ("ingest", "api"):
                log = self.folder / f"{part}.log"
                process = stack.enter_context(running([JEMPUT, part], self.told, log))
                check_alive(process, log)
                self.pids[part] = process.pid
            yield

    @contextmanager
    def flooded(self, rate: float, seconds: float) -> Iterator[None]:
        """So many readings a second, for at most so long; every bin was heard before."""
        secret = self.folder / "flood.password"
        secret.touch(0o600)
        secret.write_text(self.password)
        told = {"count": rate * seconds, "rate": rate, "devices": self.bins, "port": self.mqtt_port}
        arguments: list[str | Path] = [sys.executable, "-m", "simulator.flood", "--site", "site-0"]
        arguments += [f"--{name}={value:.0f}" for name, value in told.items()]
        arguments += [f"--host={LOOPBACK}", f"--username={REPLAY}", f"--password-file={secret}"]
        log = self.folder / "flood.log"
        with running(arguments, {}, log) as flood:
            wait_until(lambda: self.heard() >= self.bins, LONG_S, "a level of every bin")
            yield
            check_alive(flood, log)

    def _remember(self, bin_id: str, now_s: int) -> None:
        rows = [
            {
                "bin": bin_id,
                "time_ns": at_s * 1_000_000_000,
                "device": "before",
                "fill_percent": at_s // CADENCE_S % 100,
                "level_percent": at_s // CADENCE_S % 100,
                "distance_mm": 700,
                "quality": "ok",
                "battery_mv": 3900,
                "temperature_c": 31,
                "rssi_dbm": -71,
            }
            for at_s in range(now_s - DAYS * DAY_S, now_s, CADENCE_S)
        ]
        with writing(self.engine) as connection:
            connection.execute(insert(history), rows)
