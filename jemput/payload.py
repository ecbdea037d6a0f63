"""The wire, host side: bytes to a checked message, or a `PayloadError` that says why.

The device's own half is `firmware/payload.py`; `tests/contract` holds both to the
same golden bytes. docs/protocol.md describes the format for people.
"""

from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta, Struct

from jemput.reading import Clock, Quality

MAX_PAYLOAD_BYTES: Final = 32_768
MAX_READINGS: Final = 128
MAX_KEPT: Final = 16

Boot = Annotated[int, Meta(ge=1, le=2**32 - 1)]
Seq = Annotated[int, Meta(ge=1, le=2**31 - 1)]
UnixSeconds = Annotated[int, Meta(ge=0, le=2**32 - 1)]
Millimetres = Annotated[int, Meta(ge=0, le=20_000)]

MEASURED: Final = frozenset({Quality.OK, Quality.UNSTABLE})


class WireReading(Struct, frozen=True, forbid_unknown_fields=False, gc=False):
    """One reading on the wire; integers only, since boards have 32-bit floats."""

    boot: Boot
    seq: Seq
    at: UnixSeconds
    clock: Clock
    quality: Quality
    distance_mm: Millimetres | None = None
    echoes: Annotated[int, Meta(ge=0, le=255)] = 0
    spread_mm: Millimetres = 0
    temperature_c: Annotated[int, Meta(ge=-60, le=150)] | None = None
    battery_mv: Annotated[int, Meta(ge=0, le=20_000)] | None = None
    rssi_dbm: Annotated[int, Meta(ge=-200, le=20)] | None = None
    tilt_deg: Annotated[int, Meta(ge=0, le=180)] | None = None


class WireMessage(Struct, frozen=True, gc=False):
    """What a device publishes: readings, and from which sequence on it still keeps them."""

    v: Literal[1]
    readings: Annotated[tuple[WireReading, ...], Meta(min_length=1, max_length=MAX_READINGS)]
    kept: Annotated[tuple[tuple[Boot, Seq], ...], Meta(max_length=MAX_KEPT)]
    device: str | None = None


class PayloadError(ValueError):
    """A message that cannot be taken. `reason` is a stable word, `settled` the identities it named.

    A settled identity need not be sent again: the device is told so, or it would resend for ever.
    """

    def __init__(self, reason: str, detail: str, settled: tuple[tuple[int, int], ...] = ()) -> None:
        """Take the reason, a sentence for people, and the (boot, seq) pairs that could be read."""
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail
        self.settled = settled


_decoder = msgspec.json.Decoder(WireMessage)


def decode(payload: bytes) -> WireMessage:
    """Check and read one payload. Raises `PayloadError`."""
    if len(payload) > MAX_PAYLOAD_BYTES:
        raise PayloadError(
            "too_large", f"{len(payload)} bytes; at most {MAX_PAYLOAD_BYTES} are read"
        )
    try:
        message = _decoder.decode(payload)
    except msgspec.ValidationError as error:
        raise PayloadError("invalid", str(error), _named(payload)) from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise PayloadError(_decode_reason(payload), str(error)) from error
    for reading in message.readings:
        if (reading.distance_mm is not None) != (reading.quality in MEASURED):
            detail = "distance_mm belongs to quality ok or unstable, and only there"
            raise PayloadError("invalid", detail, tuple((r.boot, r.seq) for r in message.readings))
    return message


def encode_ack(upto: list[tuple[int, int]]) -> bytes:
    """Tell a device up to which sequence of which boot nothing is missing."""
    return msgspec.json.encode({"v": 1, "upto": upto})


class _Named(Struct):
    boot: Boot
    seq: Seq


class _NamedMessage(Struct):
    readings: Annotated[list[msgspec.Raw], Meta(max_length=MAX_READINGS)]


def _named(payload: bytes) -> tuple[tuple[int, int], ...]:
    """The (boot, seq) pairs that can be read in a message that is otherwise wrong."""
    try:
        raws = msgspec.json.decode(payload, type=_NamedMessage).readings
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return ()
    named = []
    for raw in raws:
        try:
            reading = msgspec.json.decode(raw, type=_Named)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            continue
        named.append((reading.boot, reading.seq))
    return tuple(named)


def _decode_reason(payload: bytes) -> str:
    try:
        payload.decode("utf-8")
    except UnicodeDecodeError:
        return "not_utf8"
    return "not_json"
