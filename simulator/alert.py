"""An alert as a collector's own app receives it: JSON, from MQTT or a webhook, perhaps twice."""

import hashlib
import hmac
import json
from dataclasses import dataclass
from typing import Any


class AlertError(ValueError):
    """An alert that cannot be read or trusted; the message says why."""


@dataclass(frozen=True, slots=True)
class CalledPickup:
    """A pickup somebody is called to, and the bin it is about."""

    pickup: str
    bin: str


@dataclass(frozen=True, slots=True)
class Alert:
    """What an alert says to a machine. A key seen twice is the same alert.

    What is about no pickup, such as a bin that needs a look, calls to none.
    """

    key: str
    kind: str
    pickups: tuple[CalledPickup, ...]


def alert_topic(collector: str) -> str:
    """Where a collector's app listens."""
    return f"jemput/v1/collectors/{collector}/alert"


def read_alert(body: bytes) -> Alert:
    """Bytes to an alert. Raises `AlertError`."""
    try:
        said = json.loads(body)
        if said["v"] != 1:
            raise AlertError(f"alert of version {said['v']!r}; only 1 is understood")
        pickups = tuple(_called(one) for one in said["pickups"] if one["pickup"] is not None)
        return Alert(_word(said, "key"), _word(said, "kind"), pickups)
    except (ValueError, KeyError, TypeError) as error:
        raise AlertError(f"not an alert: {error!r} in {body[:200]!r}") from error


def check_signature(header: str, body: bytes, secret: str) -> None:
    """Raise `AlertError` unless `header` is `t=<unix>,v1=<hex hmac-sha256 of "t.body">`."""
    parts = dict(part.strip().partition("=")[::2] for part in header.split(","))
    told = parts.get("v1", "")
    signed = f"{parts.get('t', '')}.".encode() + body
    if not hmac.compare_digest(signature(signed, secret), told.encode()):
        raise AlertError("the signature is not ours: compare the webhook's secret on both sides")


def signature(signed: bytes, secret: str) -> bytes:
    """The hexadecimal hmac-sha256 of what is signed."""
    return hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest().encode()


def _called(one: dict[str, Any]) -> CalledPickup:
    return CalledPickup(_word(one, "pickup"), _word(one, "bin"))


def _word(table: dict[str, Any], key: str) -> str:
    if not isinstance(table[key], str):
        raise AlertError(f"{key} {table[key]!r} is not a word")
    return str(table[key])
