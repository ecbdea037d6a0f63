"""TLS of the API: its certificate, read again when it was renewed, without a restart."""

import ssl
from dataclasses import dataclass
from pathlib import Path

import structlog
import uvicorn


@dataclass(frozen=True)
class Tls:
    """A certificate, and its key, which may stand in the same file."""

    certificate: Path
    key: Path | None = None

    def load_into(self, context: ssl.SSLContext) -> None:
        """New connections are shown what the files hold now. Raises `ValueError`."""
        try:
            context.load_cert_chain(self.certificate, self.key)
        except OSError as error:
            message = f"{self.certificate} is no certificate with its key ({error}): renew it"
            raise ValueError(message) from error

    def context(self) -> ssl.SSLContext:
        """What serves. Raises `ValueError` for files that are no certificate and key."""
        made = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        self.load_into(made)
        return made

    def stamp(self) -> tuple[int, ...]:
        """Changes when a file is replaced."""
        files = (self.certificate, self.key or self.certificate)
        return tuple(file.stat().st_mtime_ns for file in files)


class Renewal:
    """Watches the files of a server that speaks TLS."""

    def __init__(self, tls: Tls, config: uvicorn.Config) -> None:
        """Serve what the files hold now. Raises `ValueError`."""
        self._tls = tls
        self._context = tls.context()
        self._seen = tls.stamp()
        # Uvicorn speaks TLS where a certificate is named, and asks us for the rest.
        config.ssl_certfile = tls.certificate
        config.ssl_context_factory = lambda _config, _default: self._context

    def look(self) -> None:
        """Take a renewed certificate; one that cannot be read leaves the old one in use."""
        try:
            stamp = self._tls.stamp()
            if stamp == self._seen:
                return
            self._seen = stamp
            self._tls.load_into(self._context)
        except (OSError, ValueError) as error:
            structlog.get_logger().warning("certificate_not_taken", error=str(error))
        else:
            structlog.get_logger().info("certificate_taken", file=str(self._tls.certificate))
