"""Making a town's folder: certificates, database, first operator, settings, units."""

import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from sqlalchemy import Engine

from jemput.broker.account import INGEST, new_password
from jemput.broker.files import put
from jemput.broker.ports import LOOPBACK
from jemput.cli.console import who
from jemput.cli.init.mosquitto import write_mosquitto
from jemput.cli.init.units import units
from jemput.cli.init.wish import DATABASE, EVERYWHERE, Broker, Wish
from jemput.cli.options import open_answering
from jemput.roles import Role, User
from jemput.settings import write_settings_file
from jemput.store.accounts import Accounts
from jemput.store.clock import wall_ms
from jemput.store.credentials import Credentials
from jemput.store.database import OURS_ALONE, create_tables, found_revision

KEY_DAYS: Final = 365
KEEP_DAYS: Final = 92
"""A quarter of a year: whoever disputes a bill can still ask the journal why a truck came."""
_FOLDER_MODE: Final = 0o700


@dataclass(frozen=True)
class Secrets:
    """What is shown once."""

    password: str = field(repr=False)
    key: str = field(repr=False)


def make(wish: Wish) -> Secrets:
    """Make everything, or nothing. Raises `ValueError` where something is there already."""
    refuse_what_is_there(wish)
    was_there = wish.folder.exists()
    try:
        wish.folder.mkdir(mode=_FOLDER_MODE, parents=True, exist_ok=True)
        wish.certificates.make(wish.host, list(wish.names), time.time())
        for folder in (wish.broker_folder, wish.units, wish.backups):
            folder.mkdir(mode=_FOLDER_MODE)
        for unit in units(wish, own_command()):
            put(wish.units / unit.name, unit.text.encode(), 0o644)
        ingest_password = new_password()
        if wish.broker is Broker.MOSQUITTO:
            write_mosquitto(wish, ingest_password)
        with _database(wish) as engine:
            secrets = _first_operator(engine, wish.operator)
        write_settings_file(wish.settings, told(wish, ingest_password))
    except BaseException:
        _take_back(wish, was_there=was_there)
        raise
    return secrets


def refuse_what_is_there(wish: Wish) -> None:
    """Raise `ValueError` naming what a town has there already."""
    there = [part.name for part in wish.parts if part.exists()]
    if there:
        message = (
            f"{wish.folder} has {', '.join(there)} already, and nothing is overwritten: name "
            f"another folder, or look at what is there with `JEMPUT_SETTINGS={wish.settings} "
            "jemput doctor`"
        )
        raise ValueError(message)


def told(wish: Wish, ingest_password: str) -> dict[str, str]:
    """The settings of a town, without their prefix."""
    server = str(wish.certificates.server)
    tls = {"API_CERTIFICATE_FILE": server, "API_KEY_FILE": server} if wish.api_tls else {}
    return {
        "DATABASE_URL": wish.database_url,
        "JOURNAL_KEEP_DAYS": str(KEEP_DAYS),
        "MQTT_HOST": LOOPBACK,
        "MQTT_PORT": str(wish.mqtt_port),
        "MQTT_USERNAME": INGEST,
        "MQTT_PASSWORD": ingest_password,
        "MQTT_TLS": "true",
        "MQTT_CA_FILE": str(wish.certificates.authority),
        "BROKER_FOLDER": str(wish.broker_folder),
        "BROKER_HOST": EVERYWHERE,
        "BROKER_CERTIFICATE_FILE": server,
        "BROKER_KEY_FILE": server,
        "API_HOST": EVERYWHERE if wish.api_tls else LOOPBACK,
        "API_PORT": str(wish.api_port),
        "API_URL": wish.api_url,
        **tls,
    }


def own_command() -> Path:
    """Where the `jemput` is that runs now."""
    beside = Path(sys.executable).parent / "jemput"
    return beside if beside.exists() else Path(shutil.which("jemput") or beside)


@contextmanager
def _database(wish: Wish) -> Iterator[Engine]:
    if wish.is_sqlite:
        (wish.folder / DATABASE).touch(mode=OURS_ALONE)
    engine = open_answering(wish.database_url)
    try:
        with engine.connect() as connection:
            is_taken = found_revision(connection) is not None
        if is_taken:
            name = engine.url.render_as_string()
            raise ValueError(f"{name} has a town in it already: name an empty database")
        create_tables(engine)
        yield engine
    finally:
        engine.dispose()


def _first_operator(engine: Engine, name: str) -> Secrets:
    password, now_ms = new_password(), wall_ms()
    user = User(name, Role.OPERATOR)
    Accounts(engine).put(user, by=who(), now_ms=now_ms, password=password)
    credentials = Credentials(engine)
    _, key = credentials.make_key(name, "first key", KEY_DAYS, by=who(), now_ms=now_ms)
    return Secrets(password, key)


def _take_back(wish: Wish, *, was_there: bool) -> None:
    """Nothing of it was there before, so nothing of somebody else's is deleted."""
    for part in wish.parts:
        if part.is_dir():
            shutil.rmtree(part)
        for suffix in ("", "-wal", "-shm"):
            part.with_name(part.name + suffix).unlink(missing_ok=True)
    if not was_there and wish.folder.exists():
        wish.folder.rmdir()
