"""Ways in which a network misbehaves, for whole wakes of real firmware."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from tests.firmware import update_lies
from tests.firmware.broker import datagrams, secured, talk
from tests.firmware.broker.datagrams import Datagrams
from tests.firmware.broker.honest import Habits, ThreadBroker
from tests.firmware.broker.lies import LIES
from tests.firmware.certificates import Authority

NAME: Final = "broker.test"
Settings = dict[str, Any]


@dataclass(frozen=True, slots=True)
class World:
    """What a misbehaviour is made with: a folder, and what ends with it."""

    folder: Path
    stack: ExitStack
    device: str

    def broker(self, habits: Habits) -> Settings:
        """A lying broker."""
        return {"port": self.stack.enter_context(ThreadBroker(habits)).port}

    def server(self, answer: datagrams.Answer) -> int:
        """The port of a server of datagrams."""
        return self.stack.enter_context(Datagrams(answer)).port


Make = Callable[[World], Settings]


@dataclass(frozen=True, slots=True)
class Misbehaviour:
    """`make` gives the device's settings while it lasts."""

    name: str
    make: Make


@contextmanager
def world(folder: Path, device: str) -> Iterator[World]:
    """One in which everything ends."""
    with ExitStack() as stack:
        yield World(folder, stack, device)


def _lie(habits: Callable[[], Habits]) -> Make:
    return lambda world: world.broker(habits())


def _from_afar(name: str) -> Make:
    def make(world: World) -> Settings:
        broker = world.broker(update_lies.habits(name, world.device))
        return {**broker, **update_lies.settings(name)}

    return make


def _name_server(answer: datagrams.Answer) -> Make:
    def make(world: World) -> Settings:
        return {"host": NAME, "dns_port": world.server(answer), "port": 1}

    return make


def _time_server(answer: datagrams.Answer) -> Make:
    """Under TLS, so that time is needed."""

    def make(world: World) -> Settings:
        return {**_tls(world, "good"), "ntp": "127.0.0.1", "ntp_port": world.server(answer)}

    return make


def _certificate(kind: str) -> Make:
    def make(world: World) -> Settings:
        time_port = world.server(datagrams.tells_time)
        return {**_tls(world, kind), "ntp": "127.0.0.1", "ntp_port": time_port}

    return make


def _tls(world: World, kind: str) -> Settings:
    ours, other = Authority(world.folder / "ours"), Authority(world.folder / "other")
    files = {
        "good": lambda: ours.issue(NAME),
        "of another name": lambda: ours.issue("elsewhere.test"),
        "expired": lambda: ours.issue(NAME, days=-1),
        "of another CA": lambda: other.issue(NAME),
        "silent": lambda: ours.issue(NAME),
        "half": lambda: ours.issue(NAME),
    }[kind]()
    habits = {
        "silent": LIES["silent"](),
        "half": secured.stalls_after(60, files),
    }.get(kind) or secured.shows(files)
    return {**world.broker(habits), "authority": ours.der.hex(), "tls_name": NAME}


class _Once:
    """Takes one batch and hangs up at the next."""

    def __init__(self) -> None:
        self._taken = 0

    def __call__(self, packet: talk.Packet) -> bytes:
        self._taken += 1
        if self._taken > 1:
            raise OSError
        return talk.puback(packet.packet_id)


MISBEHAVIOURS: Final = (
    *(Misbehaviour(f"broker: {name}", _lie(lie)) for name, lie in LIES.items()),
    Misbehaviour("broker: takes everything and forgets it", _lie(Habits)),
    Misbehaviour("broker: hangs up after the first batch", _lie(lambda: Habits(puback=_Once()))),
    Misbehaviour("network: the access point is gone", lambda _: {"network": "gone"}),
    Misbehaviour("network: nobody listens at the port", lambda _: {"port": 1}),
    Misbehaviour("names: silence", _name_server(datagrams.silent)),
    Misbehaviour("names: not known", _name_server(datagrams.knows_no_name)),
    Misbehaviour("names: an answer to another question", _name_server(datagrams.names_for_another)),
    Misbehaviour("names: an answer cut short", _name_server(datagrams.cut_short)),
    Misbehaviour("time: silence", _time_server(datagrams.silent)),
    Misbehaviour("time: a server that has none", _time_server(datagrams.tells_no_time)),
    Misbehaviour("time: an answer without our mark", _time_server(datagrams.tells_time_to_another)),
    Misbehaviour("tls: a certificate of another CA", _certificate("of another CA")),
    Misbehaviour("tls: an expired certificate", _certificate("expired")),
    Misbehaviour("tls: a certificate for another name", _certificate("of another name")),
    Misbehaviour("tls: silence", _certificate("silent")),
    Misbehaviour("tls: half a handshake", _certificate("half")),
    Misbehaviour("tls: silence behind a good certificate", _certificate("good")),
    *(Misbehaviour(f"from afar: {name}", _from_afar(name)) for name in update_lies.LIES),
)
