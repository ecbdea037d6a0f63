"""Ports: finding a free one, and saying clearly when a wanted one is taken."""

import errno
import socket
from typing import Final

from jemput.mendable import MendableError

LOOPBACK: Final = "127.0.0.1"


class PortTakenError(MendableError):
    """Somebody else listens there; the message names the port."""


def free_port(host: str = LOOPBACK) -> int:
    """A port on which nobody listened a moment ago."""
    with socket.create_server((host, 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def check_port_free(port: int, host: str = LOOPBACK) -> None:
    """Raise `PortTakenError` when nobody else could listen there."""
    try:
        socket.create_server((host, port)).close()
    except OSError as error:
        raise PortTakenError(_trouble(port, host, error)) from error


def _trouble(port: int, host: str, error: OSError) -> str:
    """Short enough for a line of a console."""
    match error.errno:
        case errno.EADDRINUSE:
            return f"port {port} is taken: choose another"
        case errno.EACCES:
            return f"port {port} is for root: choose one above 1023"
    return f"{host}:{port}: {error.strerror}: choose another"
