"""What an alert says: where, which waste, how full and since when, why, and how to accept."""

from collections.abc import Sequence
from datetime import UTC, datetime
from hashlib import blake2s
from typing import Any, Final

import msgspec
from msgspec import Struct

from jemput.alert_texts import WORDS, Words
from jemput.decisions import AlertKind, Say, Subject
from jemput.waves import WIB

VERSION: Final = 1
MAP: Final = "https://www.openstreetmap.org/"


class Alert(Struct, frozen=True):
    """One message. A receiver that saw its `key` before has nothing to do."""

    key: str
    text: str
    body: dict[str, Any]


def compose(says: Sequence[Say], sent_ms: int, api_url: str) -> Alert:
    """One message of what is to be told to one recipient; all of one kind, at least one."""
    first = says[0]
    key = first.key if len(says) == 1 else _wave_key(says)
    text = _text(says, api_url)
    body = {
        "v": VERSION,
        "key": key,
        "kind": first.kind.value,
        "collector": first.recipient,
        "sent_at": sent_ms // 1000,
        "site": first.site,
        "detail": first.detail,
        "pickups": [_place(one, one.subject, api_url) for one in says if one.subject is not None],
        "text": text,
    }
    return Alert(key, text, body)


def in_one_line(alert: Alert) -> str:
    """For a log: without the map, which is of use on a phone."""
    lines = alert.text.splitlines()
    return " · ".join(one for one in lines if MAP not in one)


def encode(alert: Alert) -> bytes:
    """The message as JSON: the same alert is always the same bytes."""
    return msgspec.json.encode(alert.body)


def _wave_key(says: Sequence[Say]) -> str:
    keys = "\n".join(sorted(one.key for one in says))
    return "wave/" + blake2s(keys.encode()).hexdigest()[:16]


def _text(says: Sequence[Say], api_url: str) -> str:
    words = WORDS[says[0].language]
    lines = [words.headlines[says[0].kind]]
    if len(says) > 1:
        lines[0] += f" ({len(says)})"
    for one in says:
        lines += _lines(one, words, api_url)
    return "\n".join(lines)


def _lines(say: Say, words: Words, api_url: str) -> list[str]:
    subject = say.subject
    if subject is None:
        return [f"{say.site}: {say.detail}"]
    lines = [_facts(subject, say.detail, words), f"{words.map}: {_map_url(subject)}"]
    if subject.pickup is not None and say.kind is AlertKind.PICKUP:
        lines.append(f"{words.accept}: {_page_url(subject.pickup, api_url)}")
    return lines


def _facts(subject: Subject, detail: str, words: Words) -> str:
    facts = [f"{subject.halte_name} ({subject.waste}, {words.bin} {subject.bin})"]
    if subject.fill_percent is not None:
        facts.append(f"{subject.fill_percent} % {words.full}")
    if subject.since_s is not None:
        since = datetime.fromtimestamp(subject.since_s, tz=UTC).astimezone(WIB)
        facts.append(f"{words.since} {since:%Y-%m-%d %H:%M} WIB")
    if subject.reason is not None:
        facts.append(f"{words.why}: {words.reasons[subject.reason]}")
    if detail:
        facts.append(detail)
    return " · ".join(facts)


def _place(say: Say, subject: Subject, api_url: str) -> dict[str, Any]:
    pickup = subject.pickup
    may_accept = pickup is not None and say.kind is AlertKind.PICKUP
    return {
        "pickup": pickup,
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
        "accept_url": f"{api_url}/v1/pickups/{pickup}/accept" if may_accept else None,
        "page_url": None if pickup is None else _page_url(pickup, api_url),
    }


def _page_url(pickup: str, api_url: str) -> str:
    return f"{api_url}/#pickup/{pickup}"


def _map_url(subject: Subject) -> str:
    where = f"mlat={subject.lat:.6f}&mlon={subject.lon:.6f}"
    return f"{MAP}?{where}"
