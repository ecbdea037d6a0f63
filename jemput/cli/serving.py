"""`jemput ingest`, `api` and `settings`: the parts by themselves, told by settings."""

import asyncio
import json
import signal
import ssl
import sys
from typing import Final

import structlog
from rich.console import Console
from rich.table import Table

from api.gate import AccountGate, Gate
from api.server import Server
from api.users import Users
from ingest.mqtt.session import Address
from ingest.writer import Writer
from jemput.broker.ports import check_port_free
from jemput.cli.options import open_existing
from jemput.cli.running import Group, make_server, run_ingest
from jemput.settings import Settings, SettingsError, read_settings, variable
from jemput.store.clock import RunClock
from jemput.store.influx import InfluxTarget

DAY_S: Final = 86_400
NOBODY: Final = (
    "nobody has an account, so nobody gets in: `jemput account put sri --role operator` makes one"
)


def run_ingest_command() -> int:
    """Hear, commit and alert until SIGTERM or Ctrl-C; then drain."""
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    settings = read_settings()
    group = _group(settings)
    address, influx = broker_address(settings), influx_target(settings)
    writer = Writer(group.engine, group.name)
    writer.take_over()
    structlog.get_logger().info(
        "ingesting", group=group.name, broker=str(address), position=writer.fold.state.position
    )
    asyncio.run(_until_told(group, writer, address, settings.api_url, influx))
    structlog.get_logger().info("drained", position=writer.fold.state.position)
    return 0


def run_api_command() -> int:
    """Serve until SIGTERM or Ctrl-C."""
    settings = read_settings()
    group = _group(settings)
    gate = _gate(settings, group)
    check_port_free(settings.api_port, settings.api_host)
    sys.stderr.write(f"the API listens on http://{settings.api_host}:{settings.api_port}\n")
    influx = influx_target(settings)
    server = make_server(
        group,
        gate,
        settings.api_host,
        settings.api_port,
        influx=influx,
        invented=False,
        open_reading=settings.users_file is not None,
        api_url=settings.api_url,
    )
    asyncio.run(_serve_until_told(server))
    return 0


def show_settings(*, as_json: bool) -> int:
    """Print every setting with its variable; secrets only as set or not."""
    settings = read_settings()
    shown = {name: _shown(getattr(settings, name)) for name in Settings.model_fields}
    if as_json:
        sys.stdout.write(json.dumps(shown) + "\n")
        return 0
    table = Table(box=None)
    for column in ("variable", "value", "what it is"):
        table.add_column(column, overflow="fold")
    for name, field in Settings.model_fields.items():
        table.add_row(variable(name), shown[name] or "-", field.description)
    Console().print(table)
    return 0


def broker_address(settings: Settings) -> Address:
    """The broker as the settings name it. Raises `SettingsError` for a CA that is none."""
    password = settings.mqtt_password.get_secret_value() if settings.mqtt_password else None
    tls = None
    if settings.mqtt_tls or settings.mqtt_ca_file:
        try:
            tls = ssl.create_default_context(cafile=settings.mqtt_ca_file)
        except OSError as error:
            name = variable("mqtt_ca_file")
            message = f"{name}: {settings.mqtt_ca_file} is no CA certificate: {error.strerror}"
            raise SettingsError(message) from error
    return Address(settings.mqtt_host, settings.mqtt_port, settings.mqtt_username, password, tls)


def influx_target(settings: Settings) -> InfluxTarget | None:
    """InfluxDB as the settings name it; None where they name none."""
    if settings.influx_url is None:
        return None
    token = settings.influx_token.get_secret_value() if settings.influx_token else ""
    return InfluxTarget(
        settings.influx_url, token, settings.influx_org or "", settings.influx_bucket
    )


def _gate(settings: Settings, group: Group) -> Gate:
    """The file of users where one is named, else the accounts of the database."""
    if settings.users_file is not None:
        return Users.load(settings.users_file)
    gate = AccountGate(group.engine)
    if gate.accounts.is_empty():
        sys.stderr.write(f"{NOBODY}\n")
    return gate


def _group(settings: Settings) -> Group:
    engine, name = open_existing(settings.database_url, settings.group)
    keep_s = None if settings.journal_keep_days is None else settings.journal_keep_days * DAY_S
    client_id = settings.mqtt_client_id
    return Group(engine, name, RunClock.wall(), keep_s=keep_s, client_id=client_id)


async def _until_told(
    group: Group, writer: Writer, address: Address, api_url: str, influx: InfluxTarget | None
) -> None:
    await run_ingest(group, writer, address, api_url, influx, told_to_stop())


async def _serve_until_told(server: Server) -> None:
    async with asyncio.TaskGroup() as tasks:
        serving = tasks.create_task(server.serve())
        telling = tasks.create_task(told_to_stop().wait())
        await asyncio.wait({serving, telling}, return_when=asyncio.FIRST_COMPLETED)
        server.should_exit = True
        telling.cancel()


def told_to_stop() -> asyncio.Event:
    """Set once SIGTERM or Ctrl-C comes."""
    stop = asyncio.Event()
    for one in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(one, stop.set)
    return stop


def _shown(value: object) -> str:
    if hasattr(value, "get_secret_value"):
        return "(set)"
    return "" if value is None else str(value)
