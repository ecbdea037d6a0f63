"""Ports: finding a free one, and saying clearly when a wanted one is taken."""

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
        message = f"port {port} on {host} cannot be used ({error.strerror}): choose another port"
        raise PortTakenError(message) from error
