"""How a broker, or what stands between, may behave. A lie is the habits of a ThreadBroker."""

import socket
import struct
import time
from collections.abc import Callable
from typing import Final

from tests.firmware.broker import talk
from tests.firmware.broker.honest import Habits

Lie = Callable[[], Habits]
NOTHING: Final = b""


def _hold(link: socket.socket) -> bool:
    """Read and say nothing, until the device hangs up."""
    while link.recv(4096):
        pass
    return False


def _close(link: socket.socket) -> bool:
    link.close()
    return False


def _reset(link: socket.socket) -> bool:
    link.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    link.close()
    return False


def _say(words: bytes) -> Callable[[socket.socket], bool]:
    def greet(link: socket.socket) -> bool:
        link.sendall(words)
        return _hold(link)

    return greet


def _babble(words: bytes) -> Callable[[socket.socket], bool]:
    def greet(link: socket.socket) -> bool:
        while True:
            link.sendall(words)

    return greet


def _drip(link: socket.socket) -> bool:
    """A CONNACK of which no half comes in time."""
    for byte in b"\x20\x02\x00":
        link.sendall(bytes([byte]))
        time.sleep(0.05)
    return _hold(link)


def _deaf(link: socket.socket) -> bool:
    """Its window fills, and nothing goes out any more."""
    link.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1024)
    talk.read_packet(link)
    link.sendall(talk.CONNACK)
    link.sendall(talk.suback(talk.read_packet(link)))
    while link.recv(1, socket.MSG_PEEK):
        time.sleep(0.05)
    return False


def _after_connack(words: bytes) -> Callable[[talk.Packet], bytes]:
    return lambda _: talk.CONNACK + words


def _wrong_id(packet: talk.Packet) -> bytes:
    return talk.puback(packet.packet_id + 7)


class _SecondTime:
    """Answers a PUBLISH only when it comes again."""

    def __call__(self, packet: talk.Packet) -> bytes:
        return talk.puback(packet.packet_id) if packet.is_again else NOTHING


def _hang_up(_: talk.Packet) -> bytes:
    raise OSError


LIES: Final[dict[str, Lie]] = {
    "takes no connection": lambda: Habits(accepts=False),
    "silent": lambda: Habits(greet=_hold),
    "closes at once": lambda: Habits(greet=_close),
    "resets at once": lambda: Habits(greet=_reset),
    "half a connack": lambda: Habits(greet=_say(b"\x20\x02")),
    "a connack drop by drop": lambda: Habits(greet=_drip),
    "answers as a web server": lambda: Habits(greet=_say(b"HTTP/1.1 400 Bad Request\r\n\r\n")),
    "endless noise": lambda: Habits(greet=_babble(b"\x00\xff\x13" * 100)),
    "a length without end": lambda: Habits(greet=_say(b"\x20" + b"\xff" * 5)),
    "endless messages": lambda: Habits(greet=_babble(talk.publish("x", b"y" * 100))),
    "a packet of 256 MB": lambda: Habits(greet=_babble(b"\x30\xff\xff\xff\x7f" + b"x" * 999)),
    "an empty connack": lambda: Habits(connack=lambda _: b"\x20\x00"),
    "too busy": lambda: Habits(connack=lambda _: b"\x20\x02\x00\x03"),
    "wrong password": lambda: Habits(connack=lambda _: b"\x20\x02\x00\x04"),
    "not authorised": lambda: Habits(connack=lambda _: b"\x20\x02\x00\x05"),
    "no suback": lambda: Habits(suback=lambda _: NOTHING),
    "a topic of no letters": lambda: Habits(connack=_after_connack(b"\x30\x06\x00\x02\xff\xfeyy")),
    "a message at qos 2": lambda: Habits(connack=_after_connack(b"\x34\x06\x00\x01x\x00\x01y")),
    "a message without a topic": lambda: Habits(connack=_after_connack(b"\x30\x01x")),
    "deaf after suback": lambda: Habits(greet=_deaf),
    "no puback": lambda: Habits(puback=lambda _: NOTHING),
    "puback of another": lambda: Habits(puback=_wrong_id),
    "closes at publish": lambda: Habits(puback=_hang_up),
    "no pong": lambda: Habits(pong=lambda _: NOTHING),
    "puback at the second try": lambda: Habits(puback=_SecondTime()),
    "subscriptions refused": lambda: Habits(suback=lambda packet: talk.suback(packet, 0x80)),
}
