"""What the parts that run by themselves make of their settings, and being told to stop."""

import asyncio
import signal
import ssl
from typing import Final

from ingest.mqtt.session import Address
from jemput.cli.group import Group
from jemput.cli.options import open_existing
from jemput.settings import Settings, SettingsError, variable
from jemput.store.clock import WallClock
from jemput.store.influx import InfluxTarget

DAY_S: Final = 86_400


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


def group_of(settings: Settings) -> Group:
    """The group that is named, on its database. Raises `SchemaError` where there is none."""
    engine, name = open_existing(settings.database_url, settings.group)
    keep_s = None if settings.journal_keep_days is None else settings.journal_keep_days * DAY_S
    return Group(
        engine,
        name,
        WallClock(),
        keep_s=keep_s,
        client_id=settings.mqtt_client_id,
        webhooks_to_lan=settings.webhooks_to_lan,
    )


def told_to_stop() -> asyncio.Event:
    """Set once SIGTERM or Ctrl-C comes."""
    stop = asyncio.Event()
    for one in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(one, stop.set)
    return stop
