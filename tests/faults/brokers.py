"""The brokers of the scenarios: what each keeps of what it acknowledged."""

import os
import signal
import ssl
from pathlib import Path
from typing import Final, Literal, Protocol

from ingest.mqtt.session import Address
from jemput.broker.account import INGEST, BrokerUser, ingest_user
from jemput.broker.config import NatsSettings
from jemput.broker.nats import NatsServer
from tests.servers import HOST, Mosquitto, free_port

PASSWORD: Final = "a-password-for-tests"  # noqa: S105 - of servers that live for a second
GATEWAY: Final = "gateway"
Kind = Literal["nats", "mosquitto", "forgetful"]


class Broker(Protocol):
    """A broker with the users `_ingest` and `gateway`."""

    port: int

    def start(self) -> None:
        """Start, with what was kept."""

    def stop(self) -> None:
        """End it in good order."""

    def kill(self) -> None:
        """End it without a word."""

    def reread(self) -> None:
        """Read the certificate anew."""


class Nats(NatsServer):
    """Our embedded broker, which a scenario may also kill."""

    def __init__(
        self, folder: Path, users: tuple[BrokerUser, ...], ack_wait_s: int, pair: Path | None
    ) -> None:
        settings = NatsSettings(
            folder, free_port(), ack_wait_s=ack_wait_s, certificate=pair, key=pair
        )
        super().__init__(settings, users)
        self.port = settings.port

    def reread(self) -> None:
        """Read the certificate anew."""
        self.reload(self._users)

    def kill(self) -> None:
        """End it without a word, as a power cut would."""
        if self._process:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait()


class SecureMosquitto(Mosquitto):
    """Mosquitto, which speaks TLS where it has a certificate."""

    pair: Path | None = None

    def arguments(self) -> list[str]:
        """Write the configuration; what names no listener means the last one."""
        arguments = super().arguments()
        if self.pair is not None:
            with Path(arguments[-1]).open("a") as config:
                config.write(f"certfile {self.pair}\nkeyfile {self.pair}\n")
        return arguments

    def reread(self) -> None:
        """Read the certificate anew."""
        os.kill(self.pid, signal.SIGHUP)


def gateway_user() -> BrokerUser:
    """Speaks for all devices, and may say what no device should."""
    return BrokerUser(GATEWAY, PASSWORD, publish=("jemput/#",), subscribe=("jemput/v1/+/+/ack",))


def make_broker(kind: Kind, folder: Path, ack_wait_s: int, pair: Path | None = None) -> Broker:
    """Make one; nothing is started yet. The forgetful one is Mosquitto with its defaults.

    It speaks TLS where `pair` holds a certificate and its key.
    """
    if kind == "nats":
        return Nats(folder, (ingest_user(PASSWORD), gateway_user()), ack_wait_s, pair)
    folder.mkdir()
    acl = "".join(f"user {one}\ntopic readwrite jemput/#\n" for one in (INGEST, GATEWAY))
    passwords = {INGEST: PASSWORD, GATEWAY: PASSWORD}
    lossless = kind == "mosquitto"
    made = SecureMosquitto(folder, lossless=lossless, passwords=passwords, acl=acl)
    made.pair = pair
    return made


def gateway_address(port: int, tls: ssl.SSLContext | None = None) -> Address:
    """Where the devices speak."""
    return Address(HOST, port, GATEWAY, PASSWORD, tls)
