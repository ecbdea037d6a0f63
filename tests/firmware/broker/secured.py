"""Lies below MQTT: certificates that are not to be believed, and TLS that stalls."""

import contextlib
import socket
import ssl

from tests.firmware.broker.honest import Habits
from tests.firmware.certificates import Files


def shows(files: Files) -> Habits:
    """A broker that shows this certificate, and hangs up on who does not like it."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(files.certificate, files.key)

    def greet(link: socket.socket) -> bool:
        with context.wrap_socket(link, server_side=True) as secured:
            return _hold(secured)

    return Habits(greet=greet)


def stalls_after(count: int, files: Files) -> Habits:
    """A broker of whose handshake only the first bytes come."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(files.certificate, files.key)

    def greet(link: socket.socket) -> bool:
        link.sendall(_hello(context, link.recv(4096))[:count])
        return _hold(link)

    return Habits(greet=greet)


def _hello(context: ssl.SSLContext, told: bytes) -> bytes:
    """What a server answers to a client's first words."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    incoming.write(told)
    server = context.wrap_bio(incoming, outgoing, server_side=True)
    with contextlib.suppress(ssl.SSLWantReadError):
        server.do_handshake()
    return outgoing.read()


def _hold(link: socket.socket) -> bool:
    while link.recv(4096):
        pass
    return False
