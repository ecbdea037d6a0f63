"""Name servers and time servers that answer as they are told, or not at all."""

import contextlib
import socket
import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import Final, Self

from tests.servers import HOST

Answer = Callable[[bytes], bytes | None]
FROM_1900: Final = 2_208_988_800


class Datagrams:
    """Answers inside `with`; None is silence."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind((HOST, 0))
        self.port: int = self._socket.getsockname()[1]
        self.asked = 0
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._thread.join(60)

    def _serve(self) -> None:
        while True:
            try:
                question, where = self._socket.recvfrom(512)
                if not question:
                    return
                self.asked += 1
                answer = self._answer(question)
                if answer is not None:
                    self._socket.sendto(answer, where)
            except OSError:
                return


def silent(_: bytes) -> None:
    """Not a word."""


def names_us(question: bytes) -> bytes:
    """The name is this machine: an alias first, then the address, as real ones do."""
    alias = b"\xc0\x0c\x00\x05\x00\x01\x00\x00\x00\x3c\x00\x02\xc0\x0c"
    found = b"\xc0\x0c\x00\x01\x00\x01\x00\x00\x00\x3c\x00\x04\x7f\x00\x00\x01"
    return (
        question[:2] + b"\x81\x80\x00\x01\x00\x02\x00\x00\x00\x00" + question[12:] + alias + found
    )


def knows_no_name(question: bytes) -> bytes:
    """NXDOMAIN."""
    return question[:2] + b"\x81\x83" + question[4:]


def names_for_another(question: bytes) -> bytes:
    """An answer to a question that nobody asked."""
    return bytes([question[0] ^ 0xFF]) + names_us(question)[1:]


def cut_short(question: bytes) -> bytes:
    """An answer of which the end is missing."""
    return names_us(question)[:-3]


def tells_time(question: bytes) -> bytes:
    """NTP, as it should."""
    now = (int(time.time()) + FROM_1900).to_bytes(4, "big") + bytes(4)
    return b"\x24\x02" + bytes(22) + question[40:48] + now + now


def tells_no_time(question: bytes) -> bytes:
    """An NTP server that does not know it itself: stratum 16."""
    return b"\x24\x10" + tells_time(question)[2:]


def tells_time_to_another(question: bytes) -> bytes:
    """An answer without our mark: somebody guesses."""
    return tells_time(bytes(len(question)))
