"""What an alert says: where, which waste, how full and since when, why, and how to accept."""

from collections.abc import Sequence
from datetime import UTC, datetime
from hashlib import blake2s
from typing import Any, Final

import msgspec
from msgspec import Struct

from jemput.decisions import AlertKind, Say, Subject
from jemput.things import Language
from jemput.waves import WIB

HEADLINES: Final[dict[Language, dict[AlertKind, str]]] = {
    "id": {
        AlertKind.PICKUP: "Tolong jemput sampah",
        AlertKind.WITHDRAWN: "Tidak perlu lagi, jangan berangkat",
        AlertKind.UNSERVED: "Tidak ada kolektor untuk tempat sampah ini",
        AlertKind.EXPIRED: "Tidak ada yang menerima jemputan ini",
        AlertKind.CLAIMED_NOT_SEEN: "Dilaporkan kosong, sensor belum melihatnya",
        AlertKind.SEEN_NOT_CLAIMED: "Sudah kosong, belum dilaporkan siapa pun",
        AlertKind.INCIDENT: "Perlu diperiksa",
    },
    "en": {
        AlertKind.PICKUP: "Please fetch this waste",
        AlertKind.WITHDRAWN: "No longer needed, do not go",
        AlertKind.UNSERVED: "No collector serves this bin",
        AlertKind.EXPIRED: "Nobody accepted this pickup",
        AlertKind.CLAIMED_NOT_SEEN: "Reported empty, the sensor does not see it yet",
        AlertKind.SEEN_NOT_CLAIMED: "Emptied, and nobody reported it",
        AlertKind.INCIDENT: "Needs a look",
    },
}
WORDS: Final[dict[Language, dict[str, str]]] = {
    "id": {"full": "penuh", "since": "sejak", "why": "sebab", "accept": "Terima"},
    "en": {"full": "full", "since": "since", "why": "because of", "accept": "Accept"},
}


class Alert(Struct, frozen=True):
    """One message. A receiver that saw its `key` before has nothing to do."""

    key: str
    text: str
    body: dict[str, Any]


def compose(says: Sequence[Say], sent_ms: int, api_url: str) -> Alert:
    """One message of what is to be told to one recipient; all of one kind."""
    first = says[0]
    key = first.key if len(says) == 1 else _wave_key(says)
    lines = [HEADLINES[first.language][first.kind]]
    lines += [_line(one, api_url) for one in says]
    text = "\n".join(lines)
    body = {
        "v": 1,
        "key": key,
        "kind": first.kind.value,
        "collector": first.recipient,
        "site": first.site,
        "sent_at": sent_ms // 1000,
        "detail": first.detail,
        "pickups": [_place(one.subject, api_url) for one in says if one.subject is not None],
        "text": text,
    }
    return Alert(key, text, body)


def encode(alert: Alert) -> bytes:
    """The message as JSON: the same alert is always the same bytes."""
    return msgspec.json.encode(alert.body)


def _wave_key(says: Sequence[Say]) -> str:
    return "wave/" + blake2s("\n".join(sorted(one.key for one in says)).encode()).hexdigest()[:16]


def _line(say: Say, api_url: str) -> str:
    subject, words = say.subject, WORDS[say.language]
    if subject is None:
        return f"{say.site}: {say.detail}"
    parts = [f"{subject.halte_name} ({subject.waste}, {subject.bin})"]
    if subject.fill_percent is not None:
        parts.append(f"{subject.fill_percent} % {words['full']}")
    if subject.since_s is not None:
        since = datetime.fromtimestamp(subject.since_s, tz=UTC).astimezone(WIB)
        parts.append(f"{words['since']} {since:%d.%m. %H:%M} WIB")
    if subject.reason is not None:
        parts.append(f"{words['why']} {subject.reason}")
    if say.detail:
        parts.append(say.detail)
    parts.append(_map_url(subject))
    if subject.pickup is not None and say.kind is AlertKind.PICKUP:
        parts.append(f"{words['accept']}: {api_url}/#pickup/{subject.pickup}")
    return " · ".join(parts)


def _place(subject: Subject, api_url: str) -> dict[str, Any]:
    return {
        "pickup": subject.pickup,
        "bin": subject.bin,
        "halte": subject.halte,
        "halte_name": subject.halte_name,
        "lat": subject.lat,
        "lon": subject.lon,
        "map_url": _map_url(subject),
        "waste": subject.waste,
        "fill_percent": subject.fill_percent,
        "since_at": subject.since_s,
        "reason": subject.reason,
        "accept_url": f"{api_url}/v1/pickups/{subject.pickup}/accept",
        "page_url": f"{api_url}/#pickup/{subject.pickup}",
    }


def _map_url(subject: Subject) -> str:
    return f"https://www.openstreetmap.org/?mlat={subject.lat}&mlon={subject.lon}"
