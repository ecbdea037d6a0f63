"""`jemput broker` as an operator runs it: the database's accounts, live, and what goes wrong."""

import asyncio
import os
import signal
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

import pytest
from aiomqtt import Client, MqttError
from cryptography import x509
from sqlalchemy import text

from jemput.broker.account import INGEST, new_password
from jemput.broker.hashing import hashed
from jemput.broker.mosquitto import ACL, PASSWORDS
from jemput.broker.ports import LOOPBACK, free_port
from jemput.cli.tls.folder import Certificates
from jemput.store.broker_accounts import BrokerAccountStore
from jemput.store.database import create_tables, open_database, writing
from tests import command
from tests.servers import Mosquitto, wait_until

JEMPUT: Final = Path(sys.executable).parent / "jemput"
LONG_S: Final = 60.0
PASSWORD: Final = new_password()
APP: Final = "_collector-budi"
WORDS: Final = {name: new_password() for name in ("dev-1", "dev-2", "dev-3", APP)}


class Running:
    """The command in a process of its own, and what it says."""

    def __init__(self, told: dict[str, str], *arguments: object) -> None:
        self._said = Path(f"{told['JEMPUT_BROKER_FOLDER']}.{time.monotonic_ns()}.said")
        with self._said.open("wb") as said:
            self.process = subprocess.Popen(
                [JEMPUT, "broker", *map(str, arguments)], env=os.environ | told, stderr=said
            )

    @property
    def lines(self) -> list[str]:
        """What it has said."""
        return self._said.read_text().splitlines()

    def says(self, words: str) -> bool:
        """Whether it has said so."""
        return any(words in line for line in self.lines)

    def stop(self) -> None:
        """Ask it to end."""
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(LONG_S)


@contextmanager
def running(told: dict[str, str], *arguments: object, says: str) -> Iterator[Running]:
    """The command, once it has said that it is ready; ended in good order."""
    made = Running(told, *arguments)
    try:
        wait_until(lambda: made.says(says) or made.process.poll() is not None, LONG_S, says)
        yield made
    finally:
        made.stop()
    assert made.process.returncode == 0, made.lines


@pytest.fixture
def told(tmp_path: Path) -> dict[str, str]:
    """Settings of a town with an empty database."""
    url = f"sqlite:///{tmp_path / 'jemput.db'}"
    create_tables(open_database(url))
    return {
        "JEMPUT_DATABASE_URL": url,
        "JEMPUT_BROKER_FOLDER": str(tmp_path / "broker"),
        "JEMPUT_MQTT_PORT": str(free_port()),
        "JEMPUT_MQTT_USERNAME": INGEST,
        "JEMPUT_MQTT_PASSWORD": PASSWORD,
    }


@pytest.fixture
def store(told: dict[str, str]) -> BrokerAccountStore:
    """The accounts of that town, with two devices."""
    made = BrokerAccountStore(open_database(told["JEMPUT_DATABASE_URL"]))
    provision(made, "dev-1", "dev-2")
    return made


def provision(store: BrokerAccountStore, *names: str) -> None:
    """Make devices with their passwords."""
    hashes = {name: hashed(WORDS[name]) for name in names}
    store.provision("main", hashes, by="test", now_ms=0)


def client(port: int, name: str, tls: ssl.SSLContext | None = None) -> Client:
    """A connection of a device's, or the ingester's."""
    word = WORDS.get(name, PASSWORD)
    return Client(LOOPBACK, port, username=name, password=word, tls_context=tls, timeout=20)


async def is_let_in(port: int, name: str) -> bool:
    """Whether the broker takes a connection."""
    let_in = False
    with suppress(MqttError):
        async with client(port, name):
            let_in = True
    return let_in


async def soon(port: int, name: str, *, let_in: bool) -> None:
    """Wait until the broker takes, or no longer takes, a connection."""
    async with asyncio.timeout(LONG_S):
        while await is_let_in(port, name) is not let_in:  # noqa: ASYNC110 - the broker tells nobody
            await asyncio.sleep(0.05)


async def throws_out(thrown: Client, act: Callable[[], None]) -> None:
    """Do something that ends a connection."""
    async with thrown:
        await asyncio.to_thread(act)
        await asyncio.wait_for(anext(thrown.messages), LONG_S)


async def make_come_and_go(store: BrokerAccountStore, port: int) -> None:
    """A device and an app come, and they or others go, while a third stays connected."""
    async with client(port, "dev-1") as staying:
        assert not await is_let_in(port, "dev-3")
        assert not await is_let_in(port, APP)
        words = {"budi": hashed(WORDS[APP])}
        store.provision("main", words, by="test", now_ms=0, kind="collector")
        await soon(port, APP, let_in=True)
        provision(store, "dev-3")
        await soon(port, "dev-3", let_in=True)
        with pytest.raises(MqttError):
            await throws_out(
                client(port, "dev-2"), lambda: store.revoke("dev-2", by="test", now_ms=1)
            )
        await soon(port, "dev-2", let_in=False)
        store.revoke("budi", by="test", now_ms=1, kind="collector")
        await soon(port, APP, let_in=False)
        await staying.publish("jemput/v1/pakam/dev-1/reading", b"", qos=1)
    assert await is_let_in(port, INGEST)


async def test_devices_come_and_go_while_the_broker_runs(
    told: dict[str, str], store: BrokerAccountStore
) -> None:
    with running(told, says="listens on mqtt://"):
        await make_come_and_go(store, int(told["JEMPUT_MQTT_PORT"]))


async def test_devices_come_and_go_at_somebodys_mosquitto(
    told: dict[str, str], store: BrokerAccountStore, tmp_path: Path
) -> None:
    ours, pid = tmp_path / "ours", tmp_path / "pid"

    class Theirs(Mosquitto):
        def arguments(self) -> list[str]:
            arguments = super().arguments()
            config = self.folder / "mosquitto.conf"
            config.write_text(
                config.read_text().replace("allow_anonymous true", "allow_anonymous false")
                + f"password_file {ours / PASSWORDS}\nacl_file {ours / ACL}\npid_file {pid}\n"
            )
            return arguments

    with (
        running(told, "--mosquitto", ours, "--pid-file", pid, says="once it runs"),
        Theirs(tmp_path / "theirs") as mosquitto,
    ):
        await make_come_and_go(store, mosquitto.port)


def break_table(store: BrokerAccountStore, before: str, after: str) -> None:
    """Take the accounts out of the database's sight, or put them back."""
    with writing(store.engine) as connection:
        connection.execute(text(f"ALTER TABLE {before} RENAME TO {after}"))


async def test_a_database_that_is_away_keeps_nobody_outside(
    told: dict[str, str], store: BrokerAccountStore
) -> None:
    port = int(told["JEMPUT_MQTT_PORT"])
    with running(told, says="listens on") as broker:
        break_table(store, "broker_account", "away")
        await asyncio.to_thread(wait_until, lambda: broker.says("goes on"), LONG_S, "a word")
        assert await is_let_in(port, "dev-1")
        break_table(store, "away", "broker_account")
        await asyncio.to_thread(wait_until, lambda: broker.says("well again"), LONG_S, "a word")
        assert sum("goes on" in line for line in broker.lines) == 1

    break_table(store, "broker_account", "away")
    with running(told, says="listens on") as broker:
        assert broker.says("begins with the accounts of")
        assert await is_let_in(port, "dev-1")
        break_table(store, "away", "broker_account")
        provision(store, "dev-3")
        await soon(port, "dev-3", let_in=True)


def test_without_database_and_memory_it_does_not_begin(
    told: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "jemput.db").unlink()
    for name, value in told.items():
        monkeypatch.setenv(name, value)
    said = command.jemput("broker")

    assert said.returncode == 2
    assert "there is no database" in said.stderr
    assert not (tmp_path / "jemput.db").exists()


@pytest.mark.parametrize(
    ("lacks", "sentence"),
    [
        ("JEMPUT_BROKER_FOLDER", "say where the broker keeps its things: JEMPUT_BROKER_FOLDER"),
        ("JEMPUT_MQTT_USERNAME", "JEMPUT_MQTT_USERNAME=_ingest"),
        ("JEMPUT_MQTT_PASSWORD", "JEMPUT_MQTT_PASSWORD"),
    ],
)
def test_what_is_missing_is_named(
    told: dict[str, str], lacks: str, sentence: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in told.items():
        if name != lacks:
            monkeypatch.setenv(name, value)
    said = command.jemput("broker")

    assert said.returncode == 2
    assert sentence in said.stderr


def test_a_mosquitto_without_its_number_is_refused(
    told: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in told.items():
        monkeypatch.setenv(name, value)

    assert "--pid-file" in command.jemput("broker", "--mosquitto", "x").stderr


def shown(port: int, context: ssl.SSLContext) -> int:
    """The number of the certificate that a new connection is shown."""
    with (
        socket.create_connection((LOOPBACK, port), timeout=30) as plain,
        context.wrap_socket(plain, server_hostname=LOOPBACK) as secured,
    ):
        found = x509.load_der_x509_certificate(secured.getpeercert(binary_form=True) or b"")
        return found.serial_number


@pytest.mark.usefixtures("store")
async def test_a_renewed_certificate_is_for_new_connections_and_old_ones_stay(
    told: dict[str, str], tmp_path: Path
) -> None:
    made = Certificates(tmp_path / "tls")
    made.make("pakam", [LOOPBACK], time.time())
    told |= {"JEMPUT_BROKER_CERTIFICATE_FILE": str(made.server)}
    port = int(told["JEMPUT_MQTT_PORT"])
    context = ssl.create_default_context(cafile=made.authority)
    with running(told, says="listens on mqtts://") as broker:
        before = await asyncio.to_thread(shown, port, context)
        async with client(port, "dev-1", context) as staying:
            renewed = made.renew([], time.time()).serial_number
            await asyncio.to_thread(
                wait_until, lambda: broker.says("new certificate"), LONG_S, "a word"
            )
            assert await asyncio.to_thread(shown, port, context) == renewed != before
            await staying.publish("jemput/v1/pakam/dev-1/reading", b"", qos=1)
