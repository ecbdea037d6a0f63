"""One question, one answer, by datagrams that may get lost."""

import errno
import select
import socket

from firmware.net.stream import Broken

_AGAIN_MS = 1_000
_LARGEST = 512


def ask(where, question, read, budget):
    """What `read` makes of the first answer it does not make None of; asks again each second.

    `where` is (address in digits, port). Raises OutOfTime, or Broken where there is no network.
    """
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    try:
        sock.setblocking(False)  # noqa: FBT003 - it takes no name
        sock.connect(socket.getaddrinfo(*where)[0][-1])
        poll = select.poll()
        poll.register(sock, select.POLLIN)
        while True:
            sock.send(question)
            found = _wait(sock, poll, read, budget)
            if found is not None:
                return found
    except OSError:
        raise Broken("no-network")
    finally:
        sock.close()


def _wait(sock, poll, read, budget):
    turn = budget.part(_AGAIN_MS)
    while turn.left_ms():
        if poll.poll(0):
            found = _received(sock, read)
            if found is not None:
                return found
        budget.pause()
    budget.check()
    return None


def _received(sock, read):
    """Nobody there is no reason to give up: a server may be starting."""
    try:
        return read(sock.recv(_LARGEST))
    except OSError as error:
        if error.errno not in (errno.ECONNREFUSED, errno.EAGAIN):
            raise
        return None
