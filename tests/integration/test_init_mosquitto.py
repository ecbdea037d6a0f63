"""A Mosquitto as `jemput init` configures it: real, by TLS, measured by the doctor."""

import getpass
import os
import signal
import socket
import ssl
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from cryptography import x509

from ingest.mqtt.session import Address
from jemput.broker.account import INGEST
from jemput.broker.mosquitto import MosquittoAccounts
from jemput.broker.ports import LOOPBACK
from jemput.cli.doctor.broker import QUEUE, broker
from jemput.cli.doctor.finding import Health
from jemput.cli.tls.folder import Certificates, read
from tests.command import jemput
from tests.servers.process import Server, wait_until


class Configured(Server):
    """A Mosquitto that somebody starts with the file that was made."""

    program = "mosquitto"

    def arguments(self) -> list[str]:
        """As the printed line says."""
        return ["-c", str(self.folder / "broker" / "mosquitto.conf")]

    def is_ready(self) -> bool:
        with suppress(OSError):
            socket.create_connection((LOOPBACK, self.port), timeout=1).close()
            return True
        return False


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Configured]:
    """Made by `jemput init --broker mosquitto`, and started."""
    made = Configured(tmp_path / "town")
    user = getpass.getuser()
    flags = ("--broker", "mosquitto", "--mqtt-port", made.port, "--user", user)
    done = jemput("init", made.folder, "--yes", "--host", "bins.example.org", *flags)
    assert done.returncode == 0, done.stderr
    with made:
        yield made


def certificates(server: Configured) -> Certificates:
    """Of the town."""
    return Certificates(server.folder / "tls")


def shown(server: Configured) -> int:
    """Serial number of what it shows to who trusts the CA."""
    context = ssl.create_default_context(cafile=certificates(server).authority)
    with (
        socket.create_connection((LOOPBACK, server.port), timeout=30) as plain,
        context.wrap_socket(plain, server_hostname=LOOPBACK) as secured,
    ):
        der = secured.getpeercert(binary_form=True) or b""
    return x509.load_der_x509_certificate(der).serial_number


def ingest_address(server: Configured) -> Address:
    """As the settings that were made tell the ingester."""
    lines = (server.folder / "jemput.env").read_text().splitlines()
    told = dict(line.split("=", 1) for line in lines)
    context = ssl.create_default_context(cafile=told["JEMPUT_MQTT_CA_FILE"])
    password = told["JEMPUT_MQTT_PASSWORD"]
    return Address(LOOPBACK, int(told["JEMPUT_MQTT_PORT"]), INGEST, password, context)


def test_it_takes_the_ingester_by_tls_and_keeps_what_it_acknowledged(server: Configured) -> None:
    found = list(broker(ingest_address(server)))

    doubts = [one.sentence for one in found if one.health is not Health.GOOD]
    assert len(doubts) == 1
    assert "mosquitto version" in doubts[0]
    assert "loses what it acknowledged when it is killed, unless" in doubts[0]
    assert any(f"kept all of {QUEUE}" in one.sentence for one in found)


def test_it_shows_a_renewed_certificate_after_sighup(server: Configured) -> None:
    assert shown(server) == read(certificates(server).server).serial_number

    renewed = certificates(server).renew([], time.time())
    os.kill(server.pid, signal.SIGHUP)

    wait_until(lambda: shown(server) == renewed.serial_number, 30, "the renewed certificate")


def test_its_number_is_where_its_accounts_look_for_it(server: Configured) -> None:
    folder = server.folder / "broker"

    assert MosquittoAccounts(folder, folder / "mosquitto.pid").pid == server.pid
