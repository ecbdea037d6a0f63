"""A private CA, and the certificate of a broker that a scenario renews, or lets expire."""

import ssl
import time
from pathlib import Path
from typing import Final

from jemput.cli.tls.authority import SERVER_DAYS, new_authority, pem_of
from tests.servers import HOST

DAY_S: Final = 86_400


class Certificates:
    """Whoever trusts the file `authority` believes what `pair` holds, while that is valid."""

    def __init__(self, folder: Path) -> None:
        """Make the CA and a first certificate."""
        self._authority = new_authority("faults", time.time())
        folder.mkdir()
        self.authority = folder / "ca.pem"
        self.authority.write_bytes(pem_of(self._authority.certificate))
        self.pair = folder / "broker.pem"
        self.renew()

    def renew(self) -> None:
        """Another certificate and another key."""
        self._put(time.time())

    def expire(self) -> None:
        """A certificate that ended yesterday."""
        self._put(time.time() - (SERVER_DAYS + 1) * DAY_S)

    def _put(self, now_s: float) -> None:
        self.pair.write_bytes(self._authority.issue([HOST], now_s))

    def context(self) -> ssl.SSLContext:
        """Of somebody who believes in this CA only."""
        return ssl.create_default_context(cafile=self.authority)
