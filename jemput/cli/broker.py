"""`jemput broker`: the embedded broker by itself, or the accounts of a Mosquitto that runs."""

import asyncio
from pathlib import Path
from typing import Annotated, Final

import typer

from jemput.broker.account import INGEST, BrokerAccount, ingest_user
from jemput.broker.accounts import NatsAccounts
from jemput.broker.config import NatsSettings
from jemput.broker.mosquitto import MosquittoAccounts
from jemput.broker.nats import BrokerError, NatsServer
from jemput.cli import prepared, town
from jemput.cli.broker_link import KEPT, Known, Link, keep, say
from jemput.cli.serving import told_to_stop
from jemput.settings import Settings, SettingsError, read_settings, refuse_read_by_others, variable
from jemput.store.broker_accounts import BrokerAccountStore
from jemput.store.database import open_database

LOOK_S: Final = 1.0


def broker(
    folder: Annotated[
        Path | None,
        typer.Argument(
            help="What `jemput simulate SCENARIO --prepare FOLDER` made; else settings."
        ),
    ] = None,
    mosquitto: Annotated[
        Path | None,
        typer.Option(help="Keep password and ACL file of a Mosquitto in this folder instead."),
    ] = None,
    pid_file: Annotated[
        Path | None, typer.Option(help="Where that Mosquitto says its process number.")
    ] = None,
) -> None:
    """Run the broker with every account of the database until SIGTERM or Ctrl-C."""
    if folder is not None:
        run_prepared(folder)
    elif mosquitto is None:
        run_nats(read_settings())
    elif pid_file is None:
        raise typer.BadParameter("--mosquitto needs --pid-file, which mosquitto.conf names too")
    else:
        run_mosquitto(read_settings(), mosquitto.absolute(), pid_file)


def run_nats(settings: Settings) -> None:
    """Our own nats-server. Raises `SettingsError` for what is missing."""
    if settings.broker_folder is None:
        raise SettingsError(f"say where the broker keeps its things: {variable('broker_folder')}")
    folder = settings.broker_folder.absolute()
    certificate = certificate_files(settings)
    known = _known(settings, folder)
    nats = NatsSettings(
        folder,
        settings.mqtt_port,
        settings.broker_host,
        certificate=certificate[0] if certificate else None,
        key=certificate[-1] if certificate else None,
    )
    first = known.first()
    with NatsServer(nats, first) as server:
        scheme = "mqtts" if certificate else "mqtt"
        say(f"the broker listens on {scheme}://{nats.host}:{nats.port} · {len(first)} accounts")
        link = Link(known, NatsAccounts(server, first), certificate)
        asyncio.run(keep(link, lambda: _check(server)))


def run_mosquitto(settings: Settings, folder: Path, pid_file: Path) -> None:
    """The accounts of a Mosquitto that somebody runs."""
    known = _known(settings, folder)
    broker = MosquittoAccounts(folder, pid_file)
    broker.put(known.first())
    say(f"the accounts are in {folder}, for Mosquitto {broker.pid or 'once it runs'}")
    asyncio.run(keep(Link(known, broker, certificate_files(settings)), lambda: None))


def run_prepared(folder: Path) -> None:
    """The broker of a prepared town; what it keeps stays in its folder."""
    known = prepared.read(folder / prepared.KEYS)
    place = prepared.address(known.broker)
    settings = NatsSettings(folder.absolute() / "broker", place.port, place.host)
    with NatsServer(settings, town.broker_users(known.keys())) as server:
        say(f"the broker listens on mqtt://{place} · Ctrl-C ends it")
        asyncio.run(_until_told(server))


def certificate_files(settings: Settings) -> list[Path]:
    """Certificate and key; none where it speaks without TLS. Raises `SettingsError`."""
    if settings.broker_certificate_file is None:
        return []
    key = settings.broker_key_file or settings.broker_certificate_file
    refuse_read_by_others(key)
    return [settings.broker_certificate_file.absolute(), key.absolute()]


def ingester(settings: Settings) -> BrokerAccount:
    """The ingester's own account. Raises `SettingsError` where the settings have another."""
    if settings.mqtt_username != INGEST or settings.mqtt_password is None:
        raise SettingsError(
            f"the ingester's account is {INGEST}: set {variable('mqtt_username')}={INGEST} and a "
            f"password of random letters in {variable('mqtt_password')}, for broker and ingester"
        )
    return ingest_user(settings.mqtt_password.get_secret_value()).account()


def _known(settings: Settings, folder: Path) -> Known:
    store = BrokerAccountStore(open_database(settings.database_url))
    return Known(store, [ingester(settings)], folder / KEPT)


def _check(server: NatsServer) -> None:
    if server.pid is None:
        raise BrokerError(f"the broker ended: see {server.settings.log}")


async def _until_told(server: NatsServer) -> None:
    stop = told_to_stop()
    while not stop.is_set():
        try:
            async with asyncio.timeout(LOOK_S):
                await stop.wait()
        except TimeoutError:
            _check(server)
