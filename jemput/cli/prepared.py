"""A town prepared in a folder, for parts that run by themselves: keys, users, settings, bins."""

import os
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import msgspec
from msgspec import Struct

from ingest.mqtt.session import Address
from jemput.broker.account import INGEST
from jemput.broker.ports import LOOPBACK, PortTakenError, check_port_free, free_port
from jemput.cli import town
from jemput.cli.console import who
from jemput.settings import write_settings_file
from jemput.store.clock import wall_ms
from jemput.store.registry import RegistryStore
from simulator.main import webhook_url
from simulator.scenario import Scenario

KEYS: Final = "keys.json"
USERS: Final = "users.json"
SETTINGS: Final = "jemput.env"
BROKER_PORT: Final = 1883
API_PORT: Final = 8000


class Prepared(Struct, forbid_unknown_fields=True):
    """What `keys.json` holds: where broker and API are, and everybody's password by name.

    `webhooks` sign what is posted to collectors who have one, on `webhook_port`.
    """

    broker: str
    api: str
    devices: dict[str, str]
    people: dict[str, str]
    webhooks: dict[str, str] = {}
    webhook_port: int | None = None
    ingest: str = ""
    operator: str = ""

    def keys(self) -> town.Keys:
        """Everybody's passwords."""
        return town.Keys(self.ingest, self.operator, self.people, self.devices, self.webhooks)


def prepare(scenario: Scenario, broker: str | None, api: str | None) -> Prepared:
    """New keys for a town; ports that were not named are the usual ones, or else free ones."""
    keys = town.cut_keys(scenario)
    has_webhooks = any(one.webhook for one in scenario.collectors)
    return Prepared(
        broker=broker or f"{LOOPBACK}:{_usual(BROKER_PORT)}",
        api=api or f"http://{LOOPBACK}:{_usual(API_PORT)}",
        devices=keys.devices,
        people=keys.people,
        webhooks=keys.webhooks,
        webhook_port=free_port() if has_webhooks else None,
        ingest=keys.ingest,
        operator=keys.operator,
    )


def register(store: RegistryStore, scenario: Scenario, prepared: Prepared) -> None:
    """Make the town known to a group; its ingester may be running."""
    port = prepared.webhook_port
    urls = {
        one.id: webhook_url(port, one.id)
        for one in scenario.collectors
        if one.webhook and port is not None
    }
    changes = town.changes(scenario, prepared.keys(), urls)
    store.change(changes, by=who(), now_ms=wall_ms())


def write(folder: Path, prepared: Prepared, database_url: str, group: str) -> None:
    """Keys, users and settings, for our eyes only. Raises `ValueError` for an address."""
    broker, api = address(prepared.broker), urlsplit(prepared.api)
    _write(folder / KEYS, msgspec.json.format(msgspec.json.encode(prepared)))
    rows = town.user_rows(prepared.keys())
    users = {
        name: {"role": role, "password_sha256": hashed} for name, (role, hashed) in rows.items()
    }
    _write(folder / USERS, msgspec.json.format(msgspec.json.encode(users)))
    told = {
        "DATABASE_URL": database_url,
        "GROUP": group,
        "MQTT_HOST": broker.host,
        "MQTT_PORT": str(broker.port),
        "MQTT_USERNAME": INGEST,
        "MQTT_PASSWORD": prepared.ingest,
        "API_HOST": api.hostname or LOOPBACK,
        "API_PORT": str(api.port or API_PORT),
        "API_URL": prepared.api,
        "USERS_FILE": str(folder / USERS),
    }
    write_settings_file(folder / SETTINGS, told)


def read(file: Path) -> Prepared:
    """What a file of keys says. Raises `ValueError` saying what to do."""
    try:
        return msgspec.json.decode(file.read_bytes(), type=Prepared)
    except OSError as error:
        message = (
            f"the keys in {file} cannot be read ({error.strerror}): make them with"
            " `jemput simulate SCENARIO --prepare FOLDER`"
        )
        raise ValueError(message) from error
    except msgspec.MsgspecError as error:
        message = (
            f"the keys in {file} are not understood: {error}. Write "
            '{"broker": "HOST:PORT", "api": URL, "devices": {name: password}, "people": {…}}'
        )
        raise ValueError(message) from error


def address(text: str) -> Address:
    """A `HOST:PORT`. Raises `ValueError`."""
    host, _, port = text.rpartition(":")
    if not host or not port.isdecimal():
        raise ValueError(f"{text!r} is no broker: write HOST:PORT, such as {LOOPBACK}:1883")
    return Address(host, int(port))


def _usual(port: int) -> int:
    """The port by which others know it, or a free one."""
    try:
        check_port_free(port)
    except PortTakenError:
        return free_port()
    return port


def _write(file: Path, content: bytes) -> None:
    handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as lines:
        lines.write(content)
