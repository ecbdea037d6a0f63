"""Who speaks to the broker, and what each may say and hear, as MQTT topic filters."""

import secrets
from dataclasses import dataclass, field
from typing import Final

from msgspec import Struct

from jemput.broker.hashing import hashed
from jemput.hashes import Hashes
from jemput.ids import check_id
from jemput.topics import CHUNKS_FILTER, CLAIMS_FILTER, READINGS_FILTER, ROOT, STATUS_FILTER

INGEST: Final = "_ingest"
REPLAY: Final = "_replay"
COLLECTOR: Final = "_collector-"
CLAIM: Final = "_claim-"
ANY_SITE: Final = "+"


class BrokerAccount(Struct, frozen=True):
    """One account. Names beginning with `_` are ours: no id of a device can be one."""

    name: str
    hashes: Hashes
    publish: tuple[str, ...]
    subscribe: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class BrokerUser:
    """One account with its password, as whoever made it knows it."""

    name: str
    password: str = field(repr=False)
    publish: tuple[str, ...]
    subscribe: tuple[str, ...]

    def account(self) -> BrokerAccount:
        """As a broker may know it. Each time with other hashes of the same password."""
        return BrokerAccount(self.name, hashed(self.password), self.publish, self.subscribe)


def new_password() -> str:
    """128 random bits, as text that needs no escaping anywhere."""
    return secrets.token_urlsafe(16)


def device_account(device: str, hashes: Hashes, *, site: str = ANY_SITE) -> BrokerAccount:
    """A device speaks and hears below its own level only, so its topic is its identity.

    Pieces of updates are everybody's: named by their hash, and no secret.
    """
    check_id("device", device)
    if site != ANY_SITE:
        check_id("site", site)
    own = f"{ROOT}/{site}/{device}"
    return BrokerAccount(
        device,
        hashes,
        publish=tuple(f"{own}/{kind}" for kind in ("reading", "status")),
        subscribe=(
            *(f"{own}/{kind}" for kind in ("ack", "config", "command", "update")),
            CHUNKS_FILTER,
        ),
    )


def claim_account(device: str, hashes: Hashes, *, site: str = ANY_SITE) -> BrokerAccount:
    """What a device asks with for its account: it says that, and hears nothing."""
    check_id("device", device)
    if site != ANY_SITE:
        check_id("site", site)
    return BrokerAccount(
        f"{CLAIM}{device}", hashes, publish=(f"{ROOT}/{site}/{device}/claim",), subscribe=()
    )


def collector_account(collector: str, hashes: Hashes) -> BrokerAccount:
    """A collector's own app hears its own alerts."""
    check_id("collector", collector)
    heard = (f"{ROOT}/collectors/{collector}/alert",)
    return BrokerAccount(f"{COLLECTOR}{collector}", hashes, publish=(), subscribe=heard)


def device_user(device: str, password: str, *, site: str = ANY_SITE) -> BrokerUser:
    """A device and its password."""
    return _with(password, device_account(device, _NO_HASHES, site=site))


def claim_user(device: str, secret: str, *, site: str = ANY_SITE) -> BrokerUser:
    """A device that asks for its account, and the secret in it."""
    return _with(secret, claim_account(device, _NO_HASHES, site=site))


def collector_user(collector: str, password: str) -> BrokerUser:
    """A collector's own app and its password."""
    return _with(password, collector_account(collector, _NO_HASHES))


def ingest_user(password: str) -> BrokerUser:
    """The ingester hears every device, and speaks to devices and to collectors' apps.

    It also hears what it tells devices, so that `jemput watch` shows it and a broker is measured.
    """
    return BrokerUser(
        INGEST,
        password,
        publish=(
            *(f"{ROOT}/+/+/{kind}" for kind in ("ack", "config", "command", "update")),
            CHUNKS_FILTER,
            f"{ROOT}/collectors/+/alert",
        ),
        subscribe=(READINGS_FILTER, STATUS_FILTER, CLAIMS_FILTER, f"{ROOT}/+/+/ack"),
    )


def replay_user(password: str) -> BrokerUser:
    """Whoever replays a recording speaks as every device of it, and hears what they may forget."""
    return BrokerUser(REPLAY, password, publish=(READINGS_FILTER,), subscribe=(f"{ROOT}/+/+/ack",))


_NO_HASHES: Final = Hashes("", "")


def _with(password: str, account: BrokerAccount) -> BrokerUser:
    return BrokerUser(account.name, password, account.publish, account.subscribe)
