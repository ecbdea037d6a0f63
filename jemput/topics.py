"""The only MQTT topic strings on the host side (docs/protocol.md)."""

from dataclasses import dataclass
from typing import Final, Literal

from jemput.ids import is_id

ROOT: Final = "jemput/v1"
READINGS_FILTER: Final = f"{ROOT}/+/+/reading"
STATUS_FILTER: Final = f"{ROOT}/+/+/status"
CLAIMS_FILTER: Final = f"{ROOT}/+/+/claim"

CHUNKS_FILTER: Final = f"{ROOT}/files/+/+"

DownKind = Literal["config", "command", "update"]
UpKind = Literal["reading", "status", "claim"]
_UP_KINDS: Final[dict[str, UpKind]] = {"reading": "reading", "status": "status", "claim": "claim"}
_LEVELS: Final = 5


@dataclass(frozen=True, slots=True)
class DeviceTopic:
    """Where a device spoke. `site` is a route, not a fact: the registry knows where it belongs."""

    site: str
    device: str
    kind: UpKind


def parse(topic: str) -> DeviceTopic | None:
    """Read a topic that devices publish to; None when it is not one of ours."""
    levels = topic.split("/")
    if len(levels) != _LEVELS or not topic.startswith(ROOT + "/"):
        return None
    _, _, site, device, kind = levels
    if kind not in _UP_KINDS or not is_id(site) or not is_id(device):
        return None
    return DeviceTopic(site, device, _UP_KINDS[kind])


def reading(site: str, device: str) -> str:
    """Up: one reading, or a batch of kept ones."""
    return f"{ROOT}/{site}/{device}/reading"


def claim(site: str, device: str) -> str:
    """Up: a device says which password it wants; heard only while somebody lets it."""
    return f"{ROOT}/{site}/{device}/claim"


def ack(site: str, device: str) -> str:
    """Down, retained: up to which sequence nothing is missing."""
    return f"{ROOT}/{site}/{device}/ack"


def told(site: str, device: str, kind: DownKind) -> str:
    """Down: what a device is told. Retained, but a command, which waits in its session."""
    return f"{ROOT}/{site}/{device}/{kind}"


def chunk(digest: str, number: int) -> str:
    """Down, retained, for every device: a piece of an update's file, named by its SHA-256."""
    return f"{ROOT}/files/{digest}/{number}"


def alert(collector: str) -> str:
    """Out: a pickup alert for a collector's own app."""
    return f"{ROOT}/collectors/{collector}/alert"
