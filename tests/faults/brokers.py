"""The brokers of the scenarios: what each keeps of what it acknowledged."""

import signal
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


class Nats(NatsServer):
    """Our embedded broker, which a scenario may also kill."""

    def __init__(self, folder: Path, users: tuple[BrokerUser, ...], ack_wait_s: int) -> None:
        settings = NatsSettings(folder, free_port(), ack_wait_s=ack_wait_s)
        super().__init__(settings, users)
        self.port = settings.port

    def kill(self) -> None:
        """End it without a word, as a power cut would."""
        if self._process:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait()


def gateway_user() -> BrokerUser:
    """Speaks for all devices, and may say what no device should."""
    return BrokerUser(GATEWAY, PASSWORD, publish=("jemput/#",), subscribe=("jemput/v1/+/+/ack",))


def make_broker(kind: Kind, folder: Path, ack_wait_s: int) -> Broker:
    """Make one; nothing is started yet. The forgetful one is Mosquitto with its defaults."""
    if kind == "nats":
        return Nats(folder, (ingest_user(PASSWORD), gateway_user()), ack_wait_s)
    folder.mkdir()
    acl = "".join(f"user {one}\ntopic readwrite jemput/#\n" for one in (INGEST, GATEWAY))
    passwords = {INGEST: PASSWORD, GATEWAY: PASSWORD}
    return Mosquitto(folder, lossless=kind == "mosquitto", passwords=passwords, acl=acl)


def gateway_address(port: int) -> Address:
    """Where the devices speak."""
    return Address(HOST, port, GATEWAY, PASSWORD)
