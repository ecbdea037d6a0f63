"""What somebody who sets up a town wants, and where each part of it goes."""

import re
import socket
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

from jemput.broker.ports import LOOPBACK
from jemput.cli.tls.folder import Certificates

SETTINGS: Final = "jemput.env"
DATABASE: Final = "jemput.db"
EVERYWHERE: Final = "0.0.0.0"  # noqa: S104 - devices and phones are elsewhere
_PLAIN_PATH: Final = re.compile(r"[A-Za-z0-9._/+@-]+")
_NOWHERE: Final = ("192.0.2.1", 9)
"""An address of nobody (RFC 5737); no packet is sent to find out which way it would go."""


class Broker(StrEnum):
    """Which MQTT broker the town has."""

    EMBEDDED = "embedded"
    MOSQUITTO = "mosquitto"


@dataclass(frozen=True)
class Wish:
    """A town as it was asked for; every path lies below `folder`."""

    folder: Path
    database_url: str
    broker: Broker
    host: str
    names: tuple[str, ...]
    mqtt_port: int
    api_port: int
    api_tls: bool
    operator: str
    user: str
    keep: int

    @property
    def settings(self) -> Path:
        """What `JEMPUT_SETTINGS` names."""
        return self.folder / SETTINGS

    @property
    def certificates(self) -> Certificates:
        """CA and server certificate."""
        return Certificates(self.folder / "tls")

    @property
    def broker_folder(self) -> Path:
        """What the broker keeps."""
        return self.folder / "broker"

    @property
    def units(self) -> Path:
        """Units of systemd."""
        return self.folder / "systemd"

    @property
    def backups(self) -> Path:
        """Copies of the database."""
        return self.folder / "backups"

    @property
    def is_sqlite(self) -> bool:
        """Whether the database is a file of ours."""
        return self.database_url.startswith("sqlite")

    @property
    def api_url(self) -> str:
        """How people reach the API."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'https' if self.api_tls else 'http'}://{host}:{self.api_port}"

    @property
    def parts(self) -> tuple[Path, ...]:
        """Everything that is made, so that nothing of it may be there before."""
        database = (self.folder / DATABASE,) if self.is_sqlite else ()
        folders = (self.certificates.folder, self.broker_folder, self.units, self.backups)
        return (self.settings, *database, *folders)


def plain_folder(folder: Path) -> Path:
    """An absolute path that units, settings and URLs all take as it is. Raises `ValueError`."""
    found = folder.expanduser().absolute()
    if not _PLAIN_PATH.fullmatch(str(found)):
        raise ValueError(f"{found}: choose a path of letters, digits and . _ - + @ only")
    return found


def own_address() -> str:
    """How others in this network reach this machine, as far as it can tell."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        try:
            asking.connect(_NOWHERE)
        except OSError:
            return socket.gethostname()
        return str(asking.getsockname()[0])


def all_names(host: str, more: list[str]) -> tuple[str, ...]:
    """What the certificate is good for: as asked, this machine's own names, and itself."""
    return tuple(dict.fromkeys([host, *more, socket.gethostname(), "localhost", LOOPBACK]))
