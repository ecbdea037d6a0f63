"""A small town in a real database, written by the real fold, and the API served over it."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import httpx

from api.app import create_app
from api.server import Server
from api.services import Limits, Services
from api.users import Users, hash_password
from jemput.entry import Entry, Event, Intake, Link
from jemput.fold.fold import Fold
from jemput.geometry import Geometry
from jemput.reading import Quality, Reading, TimeSource
from jemput.registry import Bind, Change, PutBin, PutCollector, PutHalte, PutSite, PutZone
from jemput.roles import Role
from jemput.store.bins import Bins
from jemput.store.checkpoints import Checkpoints
from jemput.store.database import create_tables, open_database, writing
from jemput.store.effects import write_decisions
from jemput.store.history import EmbeddedHistory, EmbeddedReader
from jemput.store.journal import Journal, drain, mark_drained
from jemput.store.outbox import Outbox
from jemput.store.pickups import Pickups
from jemput.store.registry import RegistryStore
from jemput.things import Bin, Collector, Halte, Site, Zone
from tests.servers import HOST, wait_until

GROUP: Final = "deli-serdang"
MORNING_S: Final = 1_772_326_800
"""2026-03-01 08:00 WIB."""
CADENCE_S: Final = 600
EMPTY_MM: Final = 1000
WASTES: Final = ("organic", "plastic", "residual")
HALTES: Final = (
    ("pasar-delimas", "Pasar Delimas", 3.5583, 98.8721),
    ("alun-alun", "Alun-alun Lubuk Pakam", 3.5561, 98.8689),
    ("stasiun", "Stasiun Lubuk Pakam", 3.5534, 98.8752),
    ("tanjung-garbus", "Tanjung Garbus", 3.5652, 98.8640),
)
BINS: Final = tuple(f"{halte[0]}-{waste}" for halte in HALTES for waste in WASTES)
PASSWORDS: Final = {name: f"password-of-{name}" for name in ("sri", "dian", "budi", "wati")}
USERS: Final = Users(
    {
        "sri": (Role.OPERATOR, hash_password(PASSWORDS["sri"])),
        "dian": (Role.DISPATCHER, hash_password(PASSWORDS["dian"])),
        "budi": (Role.COLLECTOR, hash_password(PASSWORDS["budi"])),
        "wati": (Role.COLLECTOR, hash_password(PASSWORDS["wati"])),
    }
)


def changes() -> Iterator[Change]:
    """The registry. Budi serves the first two haltes, Wati Stasiun; the last has nobody."""
    yield PutSite(Site("lubuk-pakam", "Lubuk Pakam (invented)"))
    for halte_id, name, lat, lon in HALTES:
        yield PutHalte(Halte(halte_id, "lubuk-pakam", name, lat, lon))
    yield PutZone(Zone("utara", "Utara", ("pasar-delimas", "alun-alun")))
    yield PutZone(Zone("selatan", "Selatan", ("stasiun",)))
    yield PutCollector(Collector("budi", "Budi Santoso", ("utara",)))
    yield PutCollector(Collector("wati", "Wati Siregar", ("selatan",)))
    for halte in HALTES:
        for waste in WASTES:
            bin_id = f"{halte[0]}-{waste}"
            geometry = Geometry(EMPTY_MM, 0)
            yield PutBin(Bin(bin_id, halte[0], waste, geometry, CADENCE_S))
            yield Bind(f"dev-{BINS.index(bin_id)}", bin_id, 0)


@dataclass
class StandingClock:
    """Stands where the writer put it."""

    ms: int = MORNING_S * 1000

    def now_ms(self) -> int:
        """Unix milliseconds."""
        return self.ms


class Town:
    """Writes readings as the ingester does: fold, one transaction, then states and history."""

    def __init__(self, folder: Path, url: str | None = None) -> None:
        self.engine = open_database(url or f"sqlite:///{folder / 'town.db'}")
        create_tables(self.engine)
        self.clock = StandingClock()
        self.journal = Journal(self.engine, GROUP)
        self.epoch = self.journal.take_over()
        self.fold = Fold()
        self.history = EmbeddedHistory(self.engine, GROUP)
        self._seq = 0
        RegistryStore(self.engine, GROUP).change(changes(), by="test", now_ms=0)
        self.write(events=(Link(up=True),))

    def services(self, limits: Limits | None = None) -> Services:
        """What the API stands on."""
        return Services(
            engine=self.engine,
            group=GROUP,
            clock=self.clock,
            gate=USERS,
            bins=Bins(self.engine, GROUP),
            pickups=Pickups(self.engine, GROUP),
            registry=RegistryStore(self.engine, GROUP),
            history=EmbeddedReader(self.history),
            outbox=Outbox(self.engine, GROUP),
            open_reading=True,
            limits=limits or Limits(look_every_s=0.1, heartbeat_s=0.2),
        )

    def hear(self, bin_id: str, *levels: int) -> None:
        """One reading per cadence and level, each in an entry of its own."""
        for level in levels:
            self.clock.ms += CADENCE_S * 1000
            self.write(readings=(self._reading(bin_id, level),))

    def hear_all(self, levels: dict[str, int], times: int = 8) -> None:
        """Each bin at its level for some cadences, all bins in the same entries."""
        for _ in range(times):
            self.clock.ms += CADENCE_S * 1000
            self.write(readings=tuple(self._reading(*one) for one in sorted(levels.items())))

    def pass_time(self, seconds: int) -> None:
        """Nothing comes in for a while; the writer ticks."""
        self.clock.ms += seconds * 1000
        self.write()

    def write(self, readings: tuple[Reading, ...] = (), events: tuple[Event, ...] = ()) -> Entry:
        """One entry with what waits in the inbox, and everything that follows from it."""
        now_ms = self.clock.ms
        with writing(self.engine) as connection:
            self.journal.lock(connection, self.epoch)
            ids, said = drain(connection, GROUP, 1000)
            entry = self.fold.fold(Intake(now_ms, (*said, *events), readings), self.epoch)
            self.journal.append(connection, entry)
            write_decisions(connection, GROUP, entry, self.fold.state.registry)
            mark_drained(connection, ids, entry.position)
        state = self.fold.state
        Checkpoints(self.engine, GROUP).save(state, state.bins, state.devices, registry=True)
        self.history.write([entry])
        return entry

    def _reading(self, bin_id: str, level: int) -> Reading:
        self._seq += 1
        return Reading(
            device=f"dev-{BINS.index(bin_id)}",
            boot=1,
            seq=self._seq,
            at_s=self.clock.ms // 1000,
            time_source=TimeSource.DEVICE,
            quality=Quality.OK,
            distance_mm=EMPTY_MM - level * EMPTY_MM // 100,
            echoes=8,
            spread_mm=4,
            temperature_c=31,
            battery_mv=3900,
            rssi_dbm=-71,
            tilt_deg=2,
        )


class Client(httpx.Client):
    """Asks a served API; `as_` names who is speaking."""

    def act(self, as_: str, path: str, body: object = None) -> httpx.Response:
        """POST as one of the users."""
        return self.post(path, json=body, auth=(as_, PASSWORDS[as_]))


@contextmanager
def served(services: Services) -> Iterator[Client]:
    """The API on a real socket, in a thread, and a client of it."""
    server = Server(create_app(services), HOST, 0)
    thread = threading.Thread(target=server.run, name="api")
    thread.start()
    try:
        wait_until(lambda: server.started, 10, "the API's start")
        port = server.servers[0].sockets[0].getsockname()[1]
        with Client(base_url=f"http://{HOST}:{port}", timeout=10) as client:
            yield client
    finally:
        server.should_exit = True
        thread.join()
