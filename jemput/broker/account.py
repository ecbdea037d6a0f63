"""Who speaks to the broker, and what each may say and hear, as MQTT topic filters."""

import secrets
from dataclasses import dataclass, field
from typing import Final

from jemput.ids import check_id
from jemput.topics import READINGS_FILTER, ROOT, STATUS_FILTER

INGEST: Final = "_ingest"
REPLAY: Final = "_replay"
ANY_SITE: Final = "+"


@dataclass(frozen=True, slots=True)
class BrokerUser:
    """One account. Names beginning with `_` are ours: no id of a device can be one."""

    name: str
    password: str = field(repr=False)
    publish: tuple[str, ...]
    subscribe: tuple[str, ...]


def new_password() -> str:
    """128 random bits, as text that needs no escaping anywhere."""
    return secrets.token_urlsafe(16)


def device_user(device: str, password: str, *, site: str = ANY_SITE) -> BrokerUser:
    """A device speaks and hears below its own level only, so its topic is its identity."""
    check_id("device", device)
    if site != ANY_SITE:
        check_id("site", site)
    own = f"{ROOT}/{site}/{device}"
    return BrokerUser(
        device,
        password,
        publish=tuple(f"{own}/{kind}" for kind in ("reading", "status", "claim")),
        subscribe=tuple(f"{own}/{kind}" for kind in ("ack", "config", "command", "update")),
    )


def ingest_user(password: str) -> BrokerUser:
    """The ingester hears every device, and speaks to devices and to collectors' apps.

    It also hears what it tells devices, so that `jemput watch` shows it and a broker is measured.
    """
    return BrokerUser(
        INGEST,
        password,
        publish=(f"{ROOT}/+/+/ack", f"{ROOT}/collectors/+/alert"),
        subscribe=(READINGS_FILTER, STATUS_FILTER, f"{ROOT}/+/+/ack"),
    )


def collector_user(collector: str, password: str) -> BrokerUser:
    """A collector's own app hears its own alerts."""
    check_id("collector", collector)
    return BrokerUser(
        f"_collector-{collector}",
        password,
        publish=(),
        subscribe=(f"{ROOT}/collectors/{collector}/alert",),
    )


def replay_user(password: str) -> BrokerUser:
    """Whoever replays a recording speaks as every device of it, and hears what they may forget."""
    return BrokerUser(REPLAY, password, publish=(READINGS_FILTER,), subscribe=(f"{ROOT}/+/+/ack",))
