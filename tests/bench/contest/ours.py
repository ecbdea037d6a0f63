"""Ours: `jemput ingest` as a process, with every guarantee on and a journal on a real disk."""

import shutil
import sys
import time
from pathlib import Path
from typing import Final

import msgspec
from sqlalchemy import select

from ingest.writer import Batch, Writer
from jemput.geometry import Geometry
from jemput.pickup import Why
from jemput.registry import Bind, Change, PutBin, PutCollector, PutHalte, PutSite, PutZone
from jemput.store.database import create_tables, open_database
from jemput.store.registry import RegistryStore
from jemput.store.schema import pickup
from jemput.things import Bin, Collector, Halte, Site, Zone
from simulator.flood.messages import EMPTY_MM, FULL_MM, Plan
from tests.bench.contest.contender import BUCKET, ORG, TOKEN, Stage
from tests.bench.contest.processes import Program

GROUP: Final = "main"
SITE: Final = "flood"
COLLECTORS: Final = 10
CADENCE_S: Final = 600
BINS_A_HALTE: Final = 10
DATABASE: Final = "jemput.db"


class Ours:
    """Every guarantee on: fsync, dedupe, rules, pickups, alerts, application acks, InfluxDB."""

    name = "ours"
    title = "Jemput, every guarantee on"
    per_s = 20_000

    def __init__(self, folder: Path, devices: int) -> None:
        """Take where the town's database is made, and how many bins it has."""
        self._town = folder / "town" / DATABASE
        self._devices = devices

    def prepare(self) -> None:
        """A town with a bin for each device, made once and copied for each run."""
        self._town.parent.mkdir(parents=True)
        engine = open_database(f"sqlite:///{self._town}")
        create_tables(engine)
        now_ms = int(time.time() * 1000)
        RegistryStore(engine, GROUP).change(_town(self._devices), by="bench", now_ms=now_ms)
        writer = Writer(engine, GROUP)
        writer.take_over()
        while writer.has_mail():
            writer.commit(Batch(), now_ms)
        writer.save_checkpoint()
        engine.dispose()

    def start(self, stage: Stage) -> Program:
        """See `Contender.start`."""
        folder = stage.folder / self.name
        if not folder.exists():
            shutil.copytree(self._town.parent, folder)
        told = {
            "DATABASE_URL": f"sqlite:///{folder / DATABASE}",
            "GROUP": GROUP,
            "MQTT_HOST": "127.0.0.1",
            "MQTT_PORT": str(stage.broker_port),
            "INFLUX_URL": stage.influx_url,
            "INFLUX_TOKEN": TOKEN,
            "INFLUX_ORG": ORG,
            "INFLUX_BUCKET": BUCKET,
        }
        jemput = Path(sys.executable).with_name("jemput")
        env = {f"JEMPUT_{name}": value for name, value in told.items()}
        return Program([str(jemput), "ingest"], env, folder)


def deciding(stage: Stage) -> dict[str, tuple[str, int]]:
    """Of each pickup that a level called: device and sequence of the reading that decided it."""
    engine = open_database(f"sqlite:///{stage.folder / Ours.name / DATABASE}")
    with engine.connect() as connection:
        rows = connection.execute(select(pickup.c.id, pickup.c.why)).all()
    engine.dispose()
    found = {}
    for pickup_id, said in rows:
        why = msgspec.msgpack.decode(said, type=Why)
        newest = max(why.evidence, key=lambda one: one.identity.seq)
        found[pickup_id] = newest.identity.device, newest.identity.seq
    return found


def _town(devices: int) -> list[Change]:
    plan = Plan(devices, devices)
    haltes = [f"halte-{number}" for number in range((devices - 1) // BINS_A_HALTE + 1)]
    changes: list[Change] = [PutSite(Site(SITE, "Flood"))]
    changes += [PutHalte(Halte(one, SITE, one, 3.5, 98.8)) for one in haltes]
    for number in range(COLLECTORS):
        zone, who = f"zone-{number}", f"collector-{number}"
        changes.append(PutZone(Zone(zone, zone, tuple(haltes[number::COLLECTORS]))))
        changes.append(PutCollector(Collector(who, who, (zone,), channels=("mqtt",))))
    shape = Geometry(EMPTY_MM, FULL_MM)
    for number in range(devices):
        halte = haltes[number // BINS_A_HALTE]
        changes.append(PutBin(Bin(f"bin-{number:06}", halte, "organic", shape, CADENCE_S)))
        changes.append(Bind(plan.device(number), f"bin-{number:06}", 0))
    return changes
