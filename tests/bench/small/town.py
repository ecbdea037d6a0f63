"""A town of a thousand bins as `jemput init` sets it up, and all that runs of it."""

import json
import re
import ssl
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import aiomqtt
from sqlalchemy import func, select

from firmware.payload import ack_topic, encode_message, reading_topic
from jemput.broker.account import new_password
from jemput.broker.hashing import hashed
from jemput.broker.ports import LOOPBACK, free_port
from jemput.geometry import Geometry
from jemput.registry import Bind, Change, PutBin, PutCollector, PutHalte, PutSite, PutZone
from jemput.store.broker_accounts import BrokerAccountStore
from jemput.store.database import open_database
from jemput.store.registry import RegistryStore
from jemput.store.schema import journal
from jemput.things import Bin, Collector, Halte, Site, Zone
from tests.bench.parts import JEMPUT, check_alive, running

GROUP: Final = "main"
SITE: Final = "lubuk-pakam"
CADENCE_S: Final = 600
EMPTY_MM: Final = 1000
BINS_AT_HALTE: Final = 4
HALTES_OF_ZONE: Final = 25
WASTES: Final = ("organic", "plastic", "paper", "residual")
PARTS: Final = ("broker", "ingest", "api")
FILL_PERCENT_A_DAY: Final = 25
DAY_S: Final = 86_400


def bin_of(number: int) -> str:
    """The id of a bin."""
    return f"bin-{number:04}"


def device_of(number: int) -> str:
    """What hangs on it."""
    return f"dev-{number:04}"


def changes(bins: int) -> Iterator[Change]:
    """One kecamatan: four bins at a halte, a collector for each 25 haltes."""
    haltes = range(-(-bins // BINS_AT_HALTE))
    yield PutSite(Site(SITE, "Lubuk Pakam"))
    for halte in haltes:
        lat, lon = 3.55 + halte // 20 * 1e-3, 98.86 + halte % 20 * 1e-3
        yield PutHalte(Halte(f"halte-{halte:03}", SITE, f"Halte {halte}", lat, lon))
    for first in haltes[::HALTES_OF_ZONE]:
        zone = f"zone-{first // HALTES_OF_ZONE}"
        of_zone = tuple(f"halte-{one:03}" for one in haltes[first : first + HALTES_OF_ZONE])
        yield PutZone(Zone(zone, f"Zona {first}", of_zone))
        yield PutCollector(Collector(f"collector-{zone}", f"Petugas {first}", (zone,)))
    for number in range(bins):
        halte_id, waste = f"halte-{number // BINS_AT_HALTE:03}", WASTES[number % BINS_AT_HALTE]
        shape = Geometry(EMPTY_MM, 0)
        yield PutBin(Bin(bin_of(number), halte_id, waste, shape, CADENCE_S))
        yield Bind(device_of(number), bin_of(number), 0)


def percent_at(number: int, at_s: float) -> int:
    """How full a bin is then: it fills in four days and is emptied; no two at one time."""
    risen = (at_s / DAY_S * FILL_PERCENT_A_DAY + number * 61.8) % 95
    return int(risen)


@dataclass
class SmallTown:
    """What `jemput init` made in a folder."""

    folder: Path
    bins: int
    password: str = field(default_factory=new_password)
    """Of every device."""
    mqtt_port: int = field(default_factory=free_port)
    api_port: int = field(default_factory=free_port)

    def __post_init__(self) -> None:
        """Set it up: the registry, and an account for each device."""
        ports = ("--mqtt-port", str(self.mqtt_port), "--api-port", str(self.api_port))
        made = subprocess.run(
            [JEMPUT, "init", self.folder, "--yes", "--host", LOOPBACK, *ports],
            capture_output=True,
            text=True,
            check=True,
        )
        self.key = re.findall(r"jk_\S+", made.stdout)[0]
        self.tls = ssl.create_default_context(cafile=self.folder / "tls" / "ca.crt")
        self.engine = open_database(f"sqlite:///{self.folder / 'jemput.db'}")
        now_ms = int(time.time() * 1000)
        registry = RegistryStore(self.engine, GROUP)
        registry.decide(lambda _: tuple(changes(self.bins)), by="bench", now_ms=now_ms)
        hashes = {device_of(number): hashed(self.password) for number in range(self.bins)}
        accounts = BrokerAccountStore(self.engine)
        accounts.provision(GROUP, hashes, by="bench", now_ms=now_ms, site=SITE)

    @contextmanager
    def running(self) -> Iterator[dict[str, int]]:
        """Broker, ingester and API, as their units run them; the process of each."""
        told = {"JEMPUT_SETTINGS": str(self.folder / "jemput.env")}
        found = {}
        with ExitStack() as stack:
            for part in PARTS:
                log = self.folder / f"{part}.log"
                process = stack.enter_context(running([JEMPUT, part], told, log))
                found[part] = process.pid
                time.sleep(3)  # units start one after the other too
                check_alive(process, log)
            yield found

    def readings(self) -> int:
        """How many are in the journal."""
        with self.engine.connect() as connection:
            return connection.execute(select(func.sum(journal.c.readings))).scalar() or 0

    async def wake(self, number: int, boot: int, seq: int) -> None:
        """One wake of a device: connect, say a reading, be told that it is kept, sleep."""
        device, at_s = device_of(number), int(time.time())
        level_mm = EMPTY_MM - percent_at(number, at_s) * EMPTY_MM // 100
        reading = {"boot": boot, "seq": seq, "at": at_s, "clock": "ntp", "quality": "ok"}
        reading |= {"distance_mm": level_mm, "echoes": 5, "spread_mm": 3, "battery_mv": 3900}
        reading |= {"temperature_c": 31, "rssi_dbm": -71, "tilt_deg": 2}
        async with aiomqtt.Client(
            LOOPBACK,
            self.mqtt_port,
            username=device,
            password=self.password,
            identifier=device,
            clean_session=False,
            tls_context=self.tls,
        ) as client:
            await client.subscribe(ack_topic(SITE, device), qos=1)
            payload = encode_message([reading], [(boot, seq)])
            await client.publish(reading_topic(SITE, device), payload, qos=1)
            async for heard in client.messages:
                upto = json.loads(str(heard.payload, "utf-8"))["upto"]
                if any(of == boot and last >= seq for of, last in upto):
                    return
