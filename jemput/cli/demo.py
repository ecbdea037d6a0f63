"""`jemput demo`: a small town on embedded parts, in one process and one broker."""

import asyncio
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from rich.console import Console
from rich.table import Table
from sqlalchemy import func, select

from ingest.mqtt.session import Address
from ingest.writer import Writer
from jemput.broker.account import INGEST
from jemput.broker.config import NatsSettings
from jemput.broker.nats import NatsServer
from jemput.broker.ports import LOOPBACK, check_port_free, free_port
from jemput.cli import town
from jemput.cli.api import make_server
from jemput.cli.demo_points import Points
from jemput.cli.group import Group
from jemput.cli.influxd import NONE, influx_for
from jemput.cli.running import run_ingest
from jemput.cli.serving import told_to_stop
from jemput.pickup import State
from jemput.settings import write_settings_file
from jemput.store.clock import RunClock
from jemput.store.database import create_tables, open_database
from jemput.store.influx import InfluxTarget
from jemput.store.registry import RegistryStore
from jemput.store.schema import journal, pickup, pickup_move
from simulator.main import Run, Tally, simulate, webhook_url
from simulator.scenario import Scenario, load

GROUP: Final = "main"
PROGRESS_S: Final = 5.0


@dataclass(frozen=True)
class Options:
    """What was asked of the demo. `for_s` None runs until Ctrl-C."""

    scenario: str
    speed: float
    for_s: float | None
    as_json: bool
    api_port: int | None
    broker_port: int | None
    influx: str = NONE
    keep: Path | None = None


class Demo:
    """One run of the demo in one folder."""

    def __init__(self, options: Options, folder: Path, began_s: float) -> None:
        """Find ports and make keys; start nothing yet."""
        self.options = options
        self.scenario: Scenario = load(options.scenario)
        self.keys = town.cut_keys(self.scenario)
        self.api_port = _port(options.api_port)
        self.broker_port = _port(options.broker_port)
        self.webhook_port = free_port()
        self.api_url = f"http://{LOOPBACK}:{self.api_port}"
        self.tally = Tally()
        self._began_s = began_s
        self._folder = folder.absolute()
        self._database_url = f"sqlite:///{self._folder / 'jemput.db'}"
        self._console = Console(stderr=options.as_json)

    async def run(self) -> dict[str, Any]:
        """Live, and return what came of it."""
        stop = told_to_stop()
        _complain_until(stop)
        broker = NatsSettings(self._folder / "broker", self.broker_port)
        broker.folder.mkdir()
        with (
            influx_for(self.options.influx, self._folder / "influxdb") as influx,
            NatsServer(broker, town.broker_users(self.keys)),
        ):
            points = None if influx is None else await Points.before(influx)
            result = await self._live(stop, points)
            if points is not None:
                result["influx_points"] = await points.added(result["readings_stored"])
            return result

    async def _live(self, stop: asyncio.Event, points: Points | None) -> dict[str, Any]:
        influx = points.target if points else None
        group, writer, anchor_s, start_s = self._prepare()
        await asyncio.sleep(0)  # Ctrl-C that came meanwhile is heard
        if stop.is_set():
            return self._result(group, writer)
        self._show_around(points)
        users = town.api_users(self.keys)
        server = make_server(
            group,
            users,
            LOOPBACK,
            self.api_port,
            influx=influx,
            invented=True,
            open_reading=True,
            api_url=self.api_url,
        )
        run = self._simulated(start_s, anchor_s)
        ingest_stop = asyncio.Event()
        address = Address(LOOPBACK, self.broker_port, INGEST, self.keys.ingest)
        async with asyncio.TaskGroup() as tasks:
            serving = tasks.create_task(server.serve(), name="api")
            ingesting = tasks.create_task(
                run_ingest(group, writer, address, self.api_url, influx, ingest_stop)
            )
            living = tasks.create_task(simulate(run, stop, self.tally), name="town")
            progress = tasks.create_task(self._show_progress(writer))
            await self._wait(stop)
            stop.set()
            await living
            await self._drain(writer)
            ingest_stop.set()
            await ingesting
            progress.cancel()
            server.should_exit = True
            await serving
        return self._result(group, writer)

    def _show_around(self, points: Points | None) -> None:
        """The table, and under it, on lines that can be copied, what to try."""
        influx = points.target if points else None
        told = self._write_settings(influx)
        self._console.print(self._table(influx))
        self._console.print(f"  export JEMPUT_SETTINGS={told}", soft_wrap=True, markup=False)
        self._console.print(f"  .venv/bin/jemput watch {self.scenario.bins[0].device}")
        if points is not None:
            self._console.print(f"  ask InfluxDB: {points.example()}", soft_wrap=True, markup=False)

    def _write_settings(self, influx: InfluxTarget | None) -> Path:
        """What other commands need to know of this demo while it runs, for our eyes only."""
        told = {
            "DATABASE_URL": self._database_url,
            "GROUP": GROUP,
            "MQTT_PORT": str(self.broker_port),
            "MQTT_USERNAME": INGEST,
            "MQTT_PASSWORD": self.keys.ingest,
            "API_PORT": str(self.api_port),
            "API_URL": self.api_url,
        }
        if influx is not None:
            told |= {"INFLUX_URL": influx.url, "INFLUX_BUCKET": influx.bucket}
            told |= {"INFLUX_TOKEN": influx.token, "INFLUX_ORG": influx.org}
        return write_settings_file(self._folder / "jemput.env", told)

    def _prepare(self) -> tuple[Group, Writer, float, float]:
        engine = open_database(self._database_url)
        create_tables(engine)
        anchor_s = time.time()
        start_s = float(self.scenario.starts_at_s(anchor_s))
        clock = RunClock.shared(start_s, self.options.speed, anchor_s)
        group = Group(engine, GROUP, clock, self.options.speed)
        writer = Writer(engine, GROUP)
        writer.take_over()
        urls = {
            one.id: webhook_url(self.webhook_port, one.id)
            for one in self.scenario.collectors
            if one.webhook
        }
        changes = town.changes(self.scenario, self.keys, urls)
        now_ms = int(start_s * 1000)
        RegistryStore(engine, GROUP).change(changes, by="demo", now_ms=now_ms)
        return group, writer, anchor_s, start_s

    def _simulated(self, start_s: float, anchor_s: float) -> Run:
        return Run(
            scenario=self.scenario,
            broker_host=LOOPBACK,
            broker_port=self.broker_port,
            passwords=self.keys.devices | self.keys.people,
            api_url=self.api_url,
            start_s=start_s,
            speed=self.options.speed,
            anchor_wall_s=anchor_s,
            webhook_port=self.webhook_port,
            webhook_secrets=self.keys.webhooks,
        )

    async def _wait(self, stop: asyncio.Event) -> None:
        try:
            async with asyncio.timeout(self.options.for_s):
                await stop.wait()
        except TimeoutError:
            return

    async def _drain(self, writer: Writer) -> None:
        """Give what is under way a moment to arrive."""
        for _ in range(50):
            before = writer.counts.entries
            await asyncio.sleep(0.3)
            if writer.counts.entries == before:
                return

    async def _show_progress(self, writer: Writer) -> None:
        while True:
            await asyncio.sleep(PROGRESS_S)
            passed_s = time.monotonic() - self._began_s
            self._console.print(progress_line(passed_s, writer.counts.readings, self.tally))

    def _table(self, influx: InfluxTarget | None) -> Table:
        table = Table(title=f"Jemput · {self.scenario.site.name} · positions are invented")
        for column in ("what", "where or who", "password"):
            table.add_column(column, no_wrap=True)
        person, device = self.scenario.collectors[0].id, self.scenario.bins[0].device
        table.add_row("page", f"{self.api_url}/", "")
        table.add_row("API", f"{self.api_url}/docs", "")
        table.add_row("", f"curl {self.api_url}/v1/bins", "")
        table.add_row("operator", town.OPERATOR, self.keys.operator)
        table.add_row("collector", person, self.keys.people[person])
        table.add_row("broker", f"mqtt://{LOOPBACK}:{self.broker_port}", "")
        table.add_row("device", device, self.keys.devices[device])
        if influx is not None:
            table.add_row("InfluxDB", influx.url, "")
            table.add_row("", f"database {influx.bucket}", "")
        table.caption = f"{self.options.speed:g} times real time · Ctrl-C ends it all"
        return table

    def _result(self, group: Group, writer: Writer) -> dict[str, Any]:
        with group.engine.connect() as connection:
            stored = connection.execute(select(func.sum(journal.c.readings))).scalar_one()
            opened = connection.execute(select(func.count()).select_from(pickup)).scalar_one()
            verified = connection.execute(
                select(func.count()).where(pickup_move.c.state == State.VERIFIED.value)
            ).scalar_one()
        first_s = self.tally.first_alert_wall_s
        passed_s = time.time() - time.monotonic() + self._began_s
        return {
            **self.tally.to_dict(),
            "readings_stored": stored or 0,
            "duplicates_ignored": writer.counts.duplicates,
            "quarantined": writer.counts.quarantined,
            "pickups_opened": opened,
            "alerts_delivered": self.tally.alerts_received,
            "pickups_verified": verified,
            "first_alert_s": round(first_s - passed_s, 2) if first_s is not None else None,
        }


def _complain_until(stop: asyncio.Event) -> None:
    """What a device leaves behind that is ended while it connects is nobody's trouble.

    Tasks that fail are raised as ever; this is of callbacks and of futures that nobody awaits.
    """

    def complain(loop: asyncio.AbstractEventLoop, about: dict[str, Any]) -> None:
        if not stop.is_set():
            loop.default_exception_handler(about)

    asyncio.get_running_loop().set_exception_handler(complain)


def progress_line(passed_s: float, readings: int, tally: Tally) -> str:
    """How far a demo is, in the width of a console."""
    return (
        f"{passed_s:4.0f} s · {readings} readings · {tally.alerts_received} alerts · "
        f"{tally.accepted} accepted · {tally.emptied} emptied"
    )


def _port(asked: int | None) -> int:
    if asked is None:
        return free_port()
    check_port_free(asked)
    return asked
