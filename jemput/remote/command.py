"""Commands: each with a number that grows, so that no device obeys one twice."""

from enum import StrEnum

import msgspec


class Command(StrEnum):
    """What a device can be told to do."""

    MEASURE = "measure"
    LOCATE = "locate"
    REBOOT = "reboot"


def encode(number: int, what: Command, until_s: int) -> bytes:
    """A command that is not obeyed after `until_s`, Unix seconds."""
    return msgspec.json.encode({"v": 1, "id": number, "do": what, "until": until_s})
