"""`jemput api`: the API and its page by itself, told by settings."""

import asyncio
import sys
from dataclasses import replace
from typing import Final

import typer

from api.app import create_app
from api.certificate import Tls
from api.gate import AccountGate, Gate
from api.ground import Ground, ground_of
from api.server import Server
from api.services import Services
from api.users import Users
from jemput.broker.ports import check_port_free
from jemput.cli.group import Group
from jemput.cli.serving import group_of, influx_target, told_to_stop
from jemput.settings import Settings, read_settings
from jemput.store.bins import Bins
from jemput.store.clock import HostClock
from jemput.store.history import EmbeddedHistory, EmbeddedReader
from jemput.store.influx import InfluxTarget
from jemput.store.influx_history import InfluxHistory
from jemput.store.outbox import Outbox
from jemput.store.pickups import Pickups
from jemput.store.registry import RegistryStore

NOBODY: Final = (
    "nobody has an account, so nobody gets in: `jemput account put sri --role operator` makes one"
)


def api() -> None:
    """Serve the API and its page, told by JEMPUT_* settings."""
    raise typer.Exit(run_api_command())


def run_api_command() -> int:
    """Serve until SIGTERM or Ctrl-C."""
    settings = read_settings()
    group = replace(group_of(settings), clock=HostClock())
    gate = _gate(settings, group)
    check_port_free(settings.api_port, settings.api_host)
    tls = _tls(settings)
    scheme = "https" if tls else "http"
    sys.stderr.write(f"the API listens on {scheme}://{settings.api_host}:{settings.api_port}\n")
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
        ground=ground_of(settings),
    )
    if tls is not None:
        server.speak_tls(tls)
    asyncio.run(_serve_until_told(server))
    return 0


def make_server(  # noqa: PLR0913 - one process and everything it reaches
    group: Group,
    gate: Gate,
    host: str,
    port: int,
    *,
    influx: InfluxTarget | None = None,
    invented: bool,
    open_reading: bool,
    api_url: str,
    ground: Ground | None = None,
) -> Server:
    """The API, ready to serve."""
    embedded = EmbeddedReader(EmbeddedHistory(group.engine, group.name))
    services = Services(
        engine=group.engine,
        group=group.name,
        clock=group.clock,
        gate=gate,
        bins=Bins(group.engine, group.name),
        pickups=Pickups(group.engine, group.name),
        registry=RegistryStore(group.engine, group.name),
        history=embedded if influx is None else InfluxHistory(influx, group.clock),
        outbox=Outbox(group.engine, group.name),
        invented=invented,
        open_reading=open_reading,
        webhooks_to_lan=group.webhooks_to_lan,
        api_url=api_url,
        ground=ground or Ground(),
    )
    return Server(create_app(services), host, port)


def _tls(settings: Settings) -> Tls | None:
    certificate = settings.api_certificate_file
    return None if certificate is None else Tls(certificate, settings.api_key_file)


def _gate(settings: Settings, group: Group) -> Gate:
    """The file of users where one is named, else the accounts of the database."""
    if settings.users_file is not None:
        return Users.load(settings.users_file)
    gate = AccountGate(group.engine)
    if gate.accounts.is_empty():
        sys.stderr.write(f"{NOBODY}\n")
    return gate


async def _serve_until_told(server: Server) -> None:
    async with asyncio.TaskGroup() as tasks:
        serving = tasks.create_task(server.serve())
        telling = tasks.create_task(told_to_stop().wait())
        await asyncio.wait({serving, telling}, return_when=asyncio.FIRST_COMPLETED)
        server.should_exit = True
        telling.cancel()
