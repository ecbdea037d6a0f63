"""nats-server and Mosquitto with one device and one listener, plain or under TLS."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion

from jemput.broker.account import BrokerUser, device_user
from jemput.broker.config import NatsSettings
from jemput.broker.ports import free_port
from jemput.topics import CHUNKS_FILTER
from tests.brokers import Nats
from tests.firmware.certificates import Files
from tests.servers import HOST, Mosquitto, wait_until

DEVICE: Final = "bin-7"
SITE: Final = "lubuk-pakam"
OWN: Final = f"jemput/v1/{SITE}/{DEVICE}"
PASSWORD: Final = "a-password-for-tests"  # noqa: S105 - of servers that live for a second
HOST_USER: Final = "_host"
KINDS: Final = ("nats", "mosquitto")
PATIENCE_S: Final = 60


class TlsMosquitto(Mosquitto):
    """Mosquitto that shows a certificate."""

    certificate: Files | None = None

    def arguments(self) -> list[str]:
        """As its parent, and TLS on the listener."""
        arguments = super().arguments()
        if self.certificate:
            config = self.folder / "mosquitto.conf"
            shown = f"certfile {self.certificate.certificate}\nkeyfile {self.certificate.key}\n"
            config.write_text(config.read_text() + shown)
        return arguments


def make(kind: str, folder: Path, certificate: Files | None = None) -> Nats | TlsMosquitto:
    """A broker that is not started yet."""
    if kind == "mosquitto":
        acl = (
            f"user {DEVICE}\ntopic readwrite {OWN}/#\ntopic read {CHUNKS_FILTER}\n"
            f"user {HOST_USER}\ntopic readwrite #\n"
        )
        passwords = {DEVICE: PASSWORD, HOST_USER: PASSWORD}
        mosquitto = TlsMosquitto(folder, passwords=passwords, acl=acl)
        mosquitto.certificate = certificate
        return mosquitto
    host = BrokerUser(HOST_USER, PASSWORD, publish=("jemput/#",), subscribe=("jemput/#",))
    nats = Nats(folder, (device_user(DEVICE, PASSWORD), host))
    files = (certificate.certificate, certificate.key) if certificate else (None, None)
    nats.settings = NatsSettings(folder, free_port(), certificate=files[0], key=files[1])
    nats.port = nats.settings.port
    return nats


class Listener:
    """Hears everything that the device says, and can speak to it."""

    def __init__(self, port: int) -> None:
        self.heard: list[tuple[str, bytes]] = []
        self.port = port
        self._subscribed = False
        client = paho.Client(CallbackAPIVersion.VERSION2, client_id=HOST_USER)
        client.username_pw_set(HOST_USER, PASSWORD)
        client.on_subscribe = self._on_subscribe
        client.on_message = self._on_message
        client.connect(HOST, port)
        client.loop_start()
        client.subscribe("jemput/#", qos=1)
        self._client = client
        wait_until(lambda: self._subscribed, PATIENCE_S, "SUBACK")

    def said(self, kind: str) -> list[bytes]:
        """The payloads of one kind, in order."""
        return [payload for topic, payload in self.heard if topic == f"{OWN}/{kind}"]

    def tell(self, kind: str, payload: bytes, *, retain: bool = True) -> None:
        """To the device; returns once the broker has it."""
        self.publish(f"{OWN}/{kind}", payload, retain=retain)

    def publish(self, topic: str, payload: bytes, *, retain: bool = True) -> None:
        """To anybody; returns once the broker has it."""
        self._client.publish(topic, payload, 1, retain).wait_for_publish(PATIENCE_S)

    def close(self) -> None:
        """Hang up."""
        self._client.disconnect()
        self._client.loop_stop()

    def _on_subscribe(self, *_: object) -> None:
        self._subscribed = True

    def _on_message(self, _: object, __: object, message: paho.MQTTMessage) -> None:
        self.heard.append((message.topic, bytes(message.payload)))


@contextmanager
def listening(port: int) -> Iterator[Listener]:
    """A Listener for a while."""
    listener = Listener(port)
    try:
        yield listener
    finally:
        listener.close()
