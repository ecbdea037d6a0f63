"""Webhooks to other systems: signed as standardwebhooks.com has it, to addresses that may be."""

import hmac
from base64 import b64decode, b64encode
from collections.abc import Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Final
from urllib.parse import urlsplit

SECRET_PREFIX: Final = "whsec_"  # noqa: S105 - how a secret begins
LONGEST_URL: Final = 2000
MOST_OLD: Final = 3
"""So many old secrets sign beside the new one; the oldest goes where there are more."""


class BadUrlError(ValueError):
    """Nothing may be sent there; the message says why."""


def secret_of(random: bytes) -> str:
    """Random bytes as a secret that people copy."""
    return SECRET_PREFIX + b64encode(random).decode()


def signature(secret: str, event_id: str, at_s: int, body: bytes) -> str:
    """What proves to the receiver that it was us, and when."""
    key = b64decode(secret.removeprefix(SECRET_PREFIX))
    signed = f"{event_id}.{at_s}.".encode() + body
    return f"v1,{b64encode(hmac.digest(key, signed, 'sha256')).decode()}"


def signatures(secrets: Sequence[str], event_id: str, at_s: int, body: bytes) -> str:
    """By each of them: a receiver who has one is content."""
    return " ".join(signature(one, event_id, at_s, body) for one in secrets)


def rotated(kept: str, secret: str, *, now_ms: int, until_ms: int) -> str:
    """Secrets as they are kept: the new one, and each old one with when it ends."""
    newest, *older = kept.split()
    ends = {newest: until_ms} | {_secret(one): min(_ends_ms(one), until_ms) for one in older}
    still = [f"{old}@{end_ms}" for old, end_ms in ends.items() if end_ms > now_ms]
    return " ".join((secret, *still[:MOST_OLD]))


def signing(kept: str, now_ms: int) -> list[str]:
    """The secrets that sign now, the newest first."""
    newest, *older = kept.split()
    return [newest, *(_secret(one) for one in older if _ends_ms(one) > now_ms)]


def _secret(old: str) -> str:
    return old.partition("@")[0]


def _ends_ms(old: str) -> int:
    return int(old.partition("@")[2])


def check_url(url: str, *, to_lan: bool) -> None:
    """Raise `BadUrlError` where nothing may be sent. What a name leads to is seen when it is."""
    if len(url) > LONGEST_URL or not url.isascii() or any(one <= " " for one in url):
        raise BadUrlError(f"a URL is up to {LONGEST_URL} ASCII characters without spaces")
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        raise BadUrlError(f"it is no URL: {error}") from error
    if parts.scheme not in {"http", "https"} or not host:
        raise BadUrlError("write http:// or https:// and a host")
    if parts.username is not None or parts.password is not None or parts.fragment:
        raise BadUrlError("leave out user, password and fragment: what is sent is signed")
    try:
        address = ip_address(host)
    except ValueError:
        return
    check_address(address, to_lan=to_lan)


def check_address(address: IPv4Address | IPv6Address, *, to_lan: bool) -> None:
    """Raise `BadUrlError` where nothing may be sent.

    Never to where only machines of a cloud or nobody answers; to a private network, and to this
    machine, where the setting allows it.
    """
    inside = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    found = inside or address
    is_nobodys = found.is_multicast or found.is_unspecified or found.is_link_local
    if is_nobodys or (found.is_reserved and not found.is_loopback):
        raise BadUrlError(f"{found} is nobody's address: name the receiver's")
    if not found.is_global and not to_lan:
        message = f"{found} is of a private network: JEMPUT_WEBHOOKS_TO_LAN=true allows those"
        raise BadUrlError(message)
