"""Messages out of the quarantine: decoded once more, and handed to the writer by its inbox.

The writer takes them with its next entry, or at its next start. The fold takes a reading that
no history has, so that a reading which the device said again meanwhile still counts once.
"""

import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from ingest import decoding
from ingest.sinks.follow import REASON as REFUSED
from ingest.writer import TOO_OLD
from jemput.entry import Readmitted
from jemput.fold.admission import Poison, placed
from jemput.store.quarantine import Quarantine, Quarantined

MESSAGES_AT_ONCE: Final = 20
NEVER: Final = {
    TOO_OLD: "it may be counted already, and nobody can tell any more",
    REFUSED: "its reading is counted; only InfluxDB will not take it",
}
PAUSE_S: Final = 0.01
"""Between two transactions, so that the writer gets the database in between."""


@dataclass
class Readmission:
    """What became of the messages that were asked for."""

    handed: int = 0
    readings: int = 0
    before: int = 0
    """Readmitted earlier: nothing changes."""
    refused: list[tuple[int, str]] = field(default_factory=list)
    """Those that still cannot be read, and why."""


def read_again(message: Quarantined) -> Readmitted | str:
    """Its readings, placed in time as when it came; or why it still cannot be read.

    A retained message is taken: that it is old hurts nobody, since its readings have their times.
    """
    if message.reason in NEVER:
        return NEVER[message.reason]
    read = decoding.read(message.topic, message.payload, retained=False)
    if isinstance(read, Poison):
        return f"{read.reason}: {read.detail}"
    return Readmitted(placed(read, message.at_ms))


def readmit(quarantine: Quarantine, messages: Iterable[Quarantined], now_ms: int) -> Readmission:
    """Hand over what can be read now, a few at once. Doing it twice changes nothing."""
    result = Readmission()
    readable: dict[int, Readmitted] = {}
    for message in messages:
        if message.readmitted_ms is not None:
            result.before += 1
            continue
        read = read_again(message)
        if isinstance(read, str):
            result.refused.append((message.id, read))
            continue
        readable[message.id] = read
        if len(readable) == MESSAGES_AT_ONCE:
            _hand_over(quarantine, readable, now_ms, result)
            time.sleep(PAUSE_S)
            readable = {}
    if readable:
        _hand_over(quarantine, readable, now_ms, result)
    return result


def of_reason(quarantine: Quarantine, reason: str) -> Iterable[Quarantined]:
    """Every message of a reason that nobody readmitted, oldest first."""
    last = 0
    while found := quarantine.behind(last, reason, MESSAGES_AT_ONCE):
        yield from found
        last = found[-1].id


def _hand_over(
    quarantine: Quarantine, readable: dict[int, Readmitted], now_ms: int, result: Readmission
) -> None:
    handed = quarantine.readmit(readable, now_ms)
    result.handed += len(handed)
    result.before += len(readable) - len(handed)
    result.readings += sum(len(readable[one].readings) for one in handed)
