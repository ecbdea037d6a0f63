"""From what the ear heard to what can be folded, or to poison with its reason."""

from functools import lru_cache
from typing import Final

from jemput import topics
from jemput.fold.admission import Heard, Poison
from jemput.payload import PayloadError, decode

TOPICS_KEPT: Final = 131_072
"""A device speaks on one topic, always the same: a hundred thousand of them need not be split."""

spoken_on = lru_cache(TOPICS_KEPT)(topics.parse)


def read(topic: str, payload: bytes, *, retained: bool) -> Heard | Poison:
    """Check one message: whoever the topic names is who spoke. Never raises."""
    spoken = spoken_on(topic)
    if spoken is None or spoken.kind != "reading":
        detail = "devices publish readings to jemput/v1/{site}/{device}/reading"
        return Poison(topic, payload, "wrong_topic", detail)
    if retained:
        detail = "a retained reading is an old one told again: publish readings without retain"
        return Poison(topic, payload, "retained", detail, spoken.device)
    try:
        message = decode(payload)
    except PayloadError as error:
        return Poison(topic, payload, error.reason, error.detail, spoken.device, error.settled)
    if message.device is not None and message.device != spoken.device:
        detail = f"the payload says {message.device!r}, the topic {spoken.device!r}"
        return Poison(topic, payload, "other_device", detail, spoken.device)
    return Heard(spoken.device, message)
