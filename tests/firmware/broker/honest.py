"""A broker in a thread: honest unless a lie takes its place at some step."""

import contextlib
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

from tests.firmware.broker import talk
from tests.firmware.broker.talk import GoneError, Packet
from tests.servers import HOST

PATIENCE_S = 60


@dataclass
class Habits:
    """What it does. Each answer is bytes for a packet; `greet` may take the whole connection."""

    greet: Callable[[socket.socket], bool] = lambda _: True
    connack: Callable[[Packet], bytes] = lambda _: talk.CONNACK
    suback: Callable[[Packet], bytes] = talk.suback
    puback: Callable[[Packet], bytes] = lambda packet: talk.puback(packet.packet_id)
    pong: Callable[[Packet], bytes] = lambda _: talk.PINGRESP
    retained: dict[str, bytes] = field(default_factory=dict)
    accepts: bool = True


class ThreadBroker:
    """Listens inside `with`; `packets` is everything that devices wrote, in order."""

    def __init__(self, habits: Habits | None = None) -> None:
        self.habits = habits or Habits()
        self.packets: list[Packet] = []
        self._listener = socket.create_server((HOST, 0), backlog=8)
        self.port: int = self._listener.getsockname()[1]
        self._links: list[socket.socket] = []
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def of_kind(self, kind: int) -> list[Packet]:
        """What devices wrote of one kind."""
        return [packet for packet in self.packets if packet.kind == kind]

    def __enter__(self) -> Self:
        if self.habits.accepts:
            self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        for link in (self._listener, *self._links):
            with contextlib.suppress(OSError):
                link.shutdown(socket.SHUT_RDWR)
            link.close()
        if self.habits.accepts:
            self._thread.join(PATIENCE_S)

    def _serve(self) -> None:
        while True:
            try:
                link, _ = self._listener.accept()
            except OSError:
                return
            self._links.append(link)
            with contextlib.suppress(GoneError, OSError):
                if self.habits.greet(link):
                    self._talk(link)
            link.close()

    def _talk(self, link: socket.socket) -> None:
        while True:
            packet = talk.read_packet(link)
            self.packets.append(packet)
            if packet.kind == talk.DISCONNECT:
                return
            link.sendall(self._answer(packet))

    def _answer(self, packet: Packet) -> bytes:
        habits = self.habits
        if packet.kind == talk.SUBSCRIBE:
            known = [topic for topic in packet.topics if topic in habits.retained]
            return habits.suback(packet) + b"".join(
                talk.publish(topic, habits.retained[topic]) for topic in known
            )
        answers = {
            talk.CONNECT: habits.connack,
            talk.PUBLISH: habits.puback,
            talk.PING: habits.pong,
        }
        answer = answers.get(packet.kind)
        return answer(packet) if answer else b""
