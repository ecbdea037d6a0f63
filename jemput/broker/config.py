"""The configuration of nats-server, as JSON, which it reads as its own language. Pure."""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from jemput.broker.account import BrokerAccount
from jemput.broker.ports import LOOPBACK

# Anything else is either refused by nats-server (a space drops the connection) or needs its
# own escaping ('.'); no topic of ours has it.
_LEVEL: Final = re.compile(r"[A-Za-z0-9_-]+|\+")


@dataclass(frozen=True, slots=True)
class NatsSettings:
    """Where the broker listens, where it keeps things, and how much it lets run.

    `ack_wait_s` is how long an unacknowledged message waits before it is sent again, also
    within a connection; it is fixed when a session is made. `max_ack_pending` bounds what is
    unacknowledged per subscription; a session's sum may not pass 65,535, or the subscription
    that would pass it is refused, and a device has four. `sync_interval` is "always", so that
    PUBACK means on the disk (about 1,500 messages a second here), or a time such as "1s" that
    a power cut may lose (about 48,000); a killed process loses nothing either way.
    """

    folder: Path
    port: int
    host: str = LOOPBACK
    ack_wait_s: int = 60
    max_ack_pending: int = 16_000
    max_payload_bytes: int = 4 * 1024 * 1024
    sync_interval: str = "always"
    certificate: Path | None = None
    key: Path | None = None

    @property
    def log(self) -> Path:
        """What the broker says."""
        return self.folder / "nats.log"


def subjects(topic_filter: str) -> tuple[str, ...]:
    """An MQTT topic filter as NATS subjects; `x/#` also means `x` itself, so that is two."""
    *levels, last = topic_filter.split("/")
    tail = () if last == "#" else (last,)
    if not all(_LEVEL.fullmatch(level) for level in (*levels, *tail)):
        raise ValueError(f"topic filter {topic_filter!r}: use letters, digits, '-', '_', '+', '#'")
    parts = ["*" if level == "+" else level for level in (*levels, *tail)]
    whole = ".".join(parts)
    if tail:
        return (whole,)
    return (whole, f"{whole}.>") if parts else (">",)


def render(settings: NatsSettings, accounts: Iterable[BrokerAccount]) -> str:
    """The whole configuration."""
    users = tuple(accounts)
    names = [user.name for user in users]
    if doubled := {name for name in names if names.count(name) > 1}:
        raise ValueError(f"two broker users of one name: {', '.join(sorted(doubled))}")
    config = {
        "server_name": "jemput",
        # nats-server insists on a listener for its own protocol; no user of ours may use it.
        "listen": f"{LOOPBACK}:-1",
        "log_file": str(settings.log),
        "logfile_size_limit": 10_000_000,
        "logfile_max_num": 3,
        "max_payload": settings.max_payload_bytes,
        "jetstream": {
            "store_dir": str(settings.folder / "store"),
            "sync_interval": settings.sync_interval,
        },
        "mqtt": _mqtt(settings),
        "authorization": {"users": [_user(user) for user in users]},
    }
    return json.dumps(config, indent=1, ensure_ascii=False)


def _mqtt(settings: NatsSettings) -> dict[str, Any]:
    block: dict[str, Any] = {
        "host": settings.host,
        "port": settings.port,
        "ack_wait": f"{settings.ack_wait_s}s",
        "max_ack_pending": settings.max_ack_pending,
    }
    if settings.certificate and settings.key:
        block["tls"] = {"cert_file": str(settings.certificate), "key_file": str(settings.key)}
    return block


def _user(user: BrokerAccount) -> dict[str, Any]:
    return {
        "user": user.name,
        "password": user.hashes.nats,
        "allowed_connection_types": ["MQTT"],
        "permissions": {
            "publish": _allowed(user.publish),
            "subscribe": _allowed(user.subscribe),
        },
    }


def _allowed(filters: Iterable[str]) -> dict[str, list[str]]:
    """An empty list would mean everything, so nothing has to be said as a denial."""
    allowed = [subject for text in filters for subject in subjects(text)]
    return {"allow": allowed} if allowed else {"deny": [">"]}
