"""Why messages go to the quarantine, in plain words, and what to do about it."""

from typing import Final, NamedTuple


class Reason(NamedTuple):
    """What is wrong, and what to do."""

    wrong: str
    remedy: str


_OF_DEVICE: Final = "Mend what the device sends (docs/protocol.md shows the message it should be)"

REASONS: Final[dict[str, Reason]] = {
    "invalid": Reason(
        "The message is JSON, but a field is missing, of the wrong kind or out of bounds.",
        f"{_OF_DEVICE}; most often new firmware says what this version does not know: update "
        "Jemput, then readmit the reason `invalid`. The readings it named are acknowledged, so "
        "the device does not send them again.",
    ),
    "not_json": Reason(
        "The message is text, but not JSON; often it is cut short.",
        f"{_OF_DEVICE}, and look at its link: a message cut short was never acknowledged as "
        "readings, so the device sends them again by itself.",
    ),
    "not_utf8": Reason(
        "The message is not even text: other bytes, or another program on this topic.",
        "Find out who publishes there. If it is the device, its flash or its link is failing.",
    ),
    "too_large": Reason(
        "The message is larger than any that a device may send; it was not read.",
        "Let the device send fewer readings in one message (at most 128).",
    ),
    "wrong_topic": Reason(
        "The message came on a topic on which no device says readings.",
        "Devices publish to jemput/v1/{site}/{device}/reading, with ids of a-z, 0-9 and -. "
        "Mend the device's topic; this message cannot be readmitted, since nobody can be sure "
        "who spoke.",
    ),
    "other_device": Reason(
        "The message says it is from one device, and the topic is another's.",
        "The topic tells who spoke. Two devices share credentials, or one was flashed with "
        "another's name: give each its own, and look at both bins.",
    ),
    "retained": Reason(
        "The broker kept this reading from before and told it again; it may be a copy.",
        "Publish readings without `retain`, and clear the topic. Readmitting is safe: readings "
        "that are known already are not counted again.",
    ),
    "too_old_to_tell": Reason(
        "The reading is so far behind what the device said since that it cannot be told from "
        "a duplicate, so it was not counted.",
        "Look at its bin's history around that time. A device that often sends readings this "
        "old keeps more than its window (4096 readings, 16 boots): shrink its store.",
    ),
    "rate": Reason(
        "The device sent more than a device may; what was too much was set aside unread.",
        "Find out why it sends so much (its cadence, or a loop of restarts), then readmit.",
    ),
    "fold_failed": Reason(
        "The message could be read, but taking it into the state failed: that is a fault of "
        "this program, not of the device.",
        "Report it with what `explain` shows. After an update that mends it, readmit it.",
    ),
    "influx_refused": Reason(
        "InfluxDB will never take this point, mostly because a field has another type there "
        "or it is older than the retention. The reading itself is counted, in the journal and "
        "in every decision.",
        "Mend the bucket (type of the field, retention). There is nothing to readmit.",
    ),
}
OTHER: Final = Reason(
    "The message could not be taken.", "See what is said under `detail`, and docs/protocol.md."
)
