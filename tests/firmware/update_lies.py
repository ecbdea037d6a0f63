"""Ways in which what a device is told from afar can be wrong: settings for a desk device."""

import time
from collections.abc import Callable, Mapping
from typing import Any, Final

from jemput import topics
from jemput.remote import update
from tests.firmware import releases
from tests.firmware.broker import talk
from tests.firmware.broker.honest import Habits
from tests.firmware.real_brokers import SITE

KEY: Final = update.device_key(releases.TOWN_KEY, "any")
"""Manifests are of the device that hears them; it is told this key."""
RELEASE: Final = update.release("9.1", releases.source("9.1"))
SLOW_S: Final = 0.15
Told = Mapping[str, bytes]
"""What is retained, by the kind of a device's topic, or by a whole topic."""


def _manifest(device: str, key: bytes = KEY) -> dict[str, bytes]:
    return {"update": update.manifest(RELEASE, 7, device, key)}


def _pieces() -> dict[str, bytes]:
    return {
        topics.chunk(digest, number): piece
        for digest, content in RELEASE.pieces.items()
        for number, piece in enumerate(update.chunks(content))
    }


def _huge_manifest(_: str) -> Told:
    return {"update": b'{"v":1,"release":7,"version":"' + b"9" * 60_000 + b'"}'}


def _nothing_behind(device: str) -> Told:
    return _manifest(device)


def _other_key(device: str) -> Told:
    return {**_manifest(device, b"another"), **_pieces()}


def _half(device: str) -> Told:
    pieces = _pieces()
    return {**_manifest(device), **dict(list(pieces.items())[: len(pieces) // 2])}


def _other_pieces(device: str) -> Told:
    return {**_manifest(device), **{topic: b"?" * len(one) for topic, one in _pieces().items()}}


def _empty_pieces(device: str) -> Told:
    return {**_manifest(device), **dict.fromkeys(_pieces(), b"")}


def _whole(device: str) -> Told:
    return {**_manifest(device), **_pieces()}


def _bad_config(_: str) -> Told:
    return {"config": b'{"v":1,"version":9,"budget_ms":99999999}'}


def _commands(_: str) -> Told:
    return {"command": b'{"v":1,"id":0,"do":"reboot"}'}


LIES: Final[dict[str, Callable[[str], Told]]] = {
    "a huge manifest": _huge_manifest,
    "a manifest under another key": _other_key,
    "pieces that never come": _nothing_behind,
    "half a file": _half,
    "pieces of another file": _other_pieces,
    "empty pieces": _empty_pieces,
    "a flash that is full": _whole,
    "pieces that take their time": _whole,
    "pieces among endless messages": _whole,
    "a configuration out of bounds": _bad_config,
    "a command without a number": _commands,
}


def habits(name: str, device: str) -> Habits:
    """A broker that retains the lie."""
    told = LIES[name](device)
    retained = {
        topic if "/" in topic else f"jemput/v1/{SITE}/{device}/{topic}": payload
        for topic, payload in told.items()
    }
    suback = {
        "pieces that take their time": _slowly,
        "pieces among endless messages": _among_others,
    }.get(name, talk.suback)
    return Habits(retained=retained, suback=suback)


def settings(name: str) -> dict[str, Any]:
    """What the device has."""
    return {"update_key": KEY.hex(), "free_bytes": 9 if name == "a flash that is full" else None}


def _is_of_piece(packet: talk.Packet) -> bool:
    return packet.topics[0].startswith("jemput/v1/files/")


def _slowly(packet: talk.Packet) -> bytes:
    if _is_of_piece(packet):
        time.sleep(SLOW_S)
    return talk.suback(packet)


def _among_others(packet: talk.Packet) -> bytes:
    others = talk.publish("x", b"y" * 100) * 50_000 if _is_of_piece(packet) else b""
    return talk.suback(packet) + others
