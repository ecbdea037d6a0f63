"""Connecting: TCP with a deadline, and TLS that verifies."""

import errno
import select
import socket
import ssl

from firmware.net.stream import Broken, Stream


class Tls:
    """Whom to believe: `authority` is our own CA's certificate as DER.

    `name` is what the broker's certificate must be made out to. `certificate` and `key`, both DER,
    are shown to a broker that wants to see one.
    """

    def __init__(self, authority, name, certificate=None, key=None):
        self.authority = authority
        self.name = name
        self.certificate = certificate
        self.key = key

    def wrap(self, sock):
        """The socket under TLS. The handshake happens at its first reads and writes."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.verify_mode = ssl.CERT_REQUIRED  # MicroPython verifies nothing unless it is told
        context.load_verify_locations(cadata=self.authority)
        if self.certificate:
            context.load_cert_chain(self.certificate, self.key)
        return context.wrap_socket(sock, server_hostname=self.name, do_handshake_on_connect=False)


def dial(address, port, budget, tls=None):
    """A Stream to `address`, given in digits; raises Broken or OutOfTime."""
    sock = socket.socket()
    try:
        sock.setblocking(False)  # noqa: FBT003 - it takes no name
        _connect(sock, socket.getaddrinfo(address, port)[0][-1])
        _wait_until_connected(sock, budget)
        return Stream(_wrapped(sock, tls))
    except OSError:
        sock.close()
        raise Broken("unreachable")
    except BaseException:
        sock.close()
        raise


def _connect(sock, where):
    try:
        sock.connect(where)
    except OSError as error:
        if error.errno != errno.EINPROGRESS:
            raise


def _wait_until_connected(sock, budget):
    poll = select.poll()
    poll.register(sock, select.POLLOUT)
    while True:
        events = poll.poll(0)
        if events:
            if events[0][1] & (select.POLLERR | select.POLLHUP):
                raise Broken("unreachable")
            return
        budget.pause()


def _wrapped(sock, tls):
    if tls is None:
        return sock
    try:
        return tls.wrap(sock)
    except (ValueError, OSError):
        raise Broken("tls")
