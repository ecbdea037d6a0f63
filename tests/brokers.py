"""Two real brokers under one face, so that a test can run on both."""

import signal
from pathlib import Path
from typing import Final, Protocol

from ingest.mqtt.session import Address
from jemput.broker.account import BrokerUser
from jemput.broker.config import NatsSettings
from jemput.broker.nats import NatsServer
from jemput.broker.ports import free_port
from tests.servers import HOST, Mosquitto

PASSWORD: Final = "a-password-for-tests"  # noqa: S105 - of servers that live for a second
EAR: Final = "ear"
BIN: Final = "bin"
ACK_WAIT_S: Final = 1


class Broker(Protocol):
    """A broker with the users `ear` (hears `t/#`) and `bin` (speaks there)."""

    port: int

    def start(self) -> None:
        """Start, with what was kept."""

    def stop(self) -> None:
        """End it in good order."""

    def kill(self) -> None:
        """End it without a word."""


class Nats(NatsServer):
    """Our embedded broker, which a test may also kill."""

    def __init__(self, folder: Path, users: tuple[BrokerUser, ...]) -> None:
        settings = NatsSettings(folder, free_port(), ack_wait_s=ACK_WAIT_S)
        super().__init__(settings, users)
        self.port = settings.port

    def kill(self) -> None:
        """End it without a word, as a power cut would."""
        if self._process:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait()


def nats(folder: Path) -> Nats:
    """nats-server with our two users; what is not acknowledged comes again after a second."""
    ear = BrokerUser(EAR, PASSWORD, publish=("t/#",), subscribe=("t/#",))
    sender = BrokerUser(BIN, PASSWORD, publish=("t/#",), subscribe=())
    return Nats(folder, (ear, sender))


def mosquitto(folder: Path, *, lossless: bool = True) -> Mosquitto:
    """Mosquitto with our two users."""
    acl = f"user {EAR}\ntopic readwrite t/#\nuser {BIN}\ntopic write t/#\n"
    passwords = {EAR: PASSWORD, BIN: PASSWORD}
    return Mosquitto(folder, lossless=lossless, passwords=passwords, acl=acl)


def address(port: int, user: str = EAR, password: str = PASSWORD) -> Address:
    """Where a broker, or a proxy before it, is."""
    return Address(HOST, port, user, password)
