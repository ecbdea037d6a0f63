"""What a device says that claims its account: the password that it has drawn, and nothing else."""

import re
from typing import Final

import msgspec
from msgspec import Struct

LARGEST_BYTES: Final = 1024
PASSWORD: Final = r"[A-Za-z0-9_-]{22,64}"  # noqa: S105 - what one looks like: 128 bits or more
_VERSION: Final = 1
_PASSWORD: Final = re.compile(PASSWORD)


class ClaimError(ValueError):
    """It cannot be taken; the message says why, and quotes nothing of it."""


class WireClaim(Struct):
    """As it stands in the message."""

    v: int
    password: str


_decoder: Final = msgspec.json.Decoder(WireClaim)


def decode(payload: bytes) -> str:
    """The password that a device wants. Raises `ClaimError`."""
    if len(payload) > LARGEST_BYTES:
        raise ClaimError(f"it is longer than {LARGEST_BYTES} bytes")
    try:
        said = _decoder.decode(payload)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise ClaimError('it is not {"v":1,"password":"…"}') from None
    if said.v != _VERSION:
        raise ClaimError(f"its v is not {_VERSION}")
    if not _PASSWORD.fullmatch(said.password):
        raise ClaimError("its password is not 22 to 64 of A-Z, a-z, 0-9, '-' and '_'")
    return said.password
