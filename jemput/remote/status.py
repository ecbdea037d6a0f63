"""What a device says of itself."""

from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta, Struct

MAX_STATUS_BYTES: Final = 2_048
_Number = Annotated[int, Meta(ge=0, le=2**32 - 1)]
_Word = Annotated[str, Meta(max_length=120)]


class Status(Struct, frozen=True):
    """`firmware` None is of a last will, which knows nothing but that the device is `lost`.

    `refused` is a version of the configuration, and why; `commands` are ids and answers; `update`
    is a release, a word, and how many files are left.
    """

    v: Literal[1]
    state: Literal["online", "asleep", "lost"]
    until: _Number = 0
    firmware: Annotated[str, Meta(max_length=32)] | None = None
    release: _Number = 0
    config: _Number = 0
    dropped: _Number = 0
    failures: _Number = 0
    refused: tuple[_Number, _Word] | None = None
    commands: Annotated[tuple[tuple[_Number, _Word], ...], Meta(max_length=16)] = ()
    update: tuple[_Number, _Word, _Number] | None = None


_decoder: Final = msgspec.json.Decoder(Status)


def decode(payload: bytes) -> Status | None:
    """A status; None where it is none, or longer than any is."""
    if len(payload) > MAX_STATUS_BYTES:
        return None
    try:
        return _decoder.decode(payload)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
