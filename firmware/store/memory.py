"""RTC memory: 2,048 bytes that survive deep sleep and resets, and die with the power."""

import binascii
import struct

from firmware.store import record

_MAGIC = 0x4A34  # counts up whenever what follows changes, so that an update starts anew
_HEAD = "<HI"
_HEAD_BYTES = 6
_MARK = "<III"
_MARK_BYTES = 12
MOST_MARKS = 18
MOST_RECORDS = 64

# Numbers that a wake leaves for the next one, each of 32 bits and never negative.
NOTES = (
    "since_report",  # wakes
    "reported_mm",
    "reported_quality",  # its place among the qualities
    "failures",  # of the radio, one after another
    "rest_wakes",  # until the radio may be tried again
    "critical",  # wakes on a nearly empty battery
    "synced_at",  # Unix seconds
    "command",  # the id of the last one
    "answer",  # what was answered to it
    "config_tries",  # reports that failed with the configuration on trial
    "update_tries",  # of a release with which something is wrong
    "dropped",  # readings, since power came
    "resend_in",  # reports until what was not acknowledged goes again
    "resends",
    "wakes",
    "rssi",  # of the last connection, plus 256; 0 where there was none
    "address",  # of the broker, 0 where it must be asked for
)
_NOTES = "<%dI" % len(NOTES)


class Memory:
    """What RTC memory holds, unpacked: boot, seq, notes, marks and the newest readings.

    `marks` says per boot up to which seq the application acknowledged, and up to which the broker
    has it. `records` are packed readings, oldest first.
    """

    def __init__(self, boot):
        self.boot = boot
        self.seq = 0
        self.notes = {}
        for name in NOTES:
            self.notes[name] = 0
        self.marks = {boot: [0, 0]}
        self.records = []

    def pack(self):
        """As bytes that say of themselves whether they are whole."""
        parts = [struct.pack("<II", self.boot, self.seq)]
        parts.append(struct.pack(_NOTES, *[self.notes[name] & 0xFFFFFFFF for name in NOTES]))
        parts.append(bytes((len(self.marks), len(self.records))))
        for boot in self.marks:
            parts.append(struct.pack(_MARK, boot, *self.marks[boot]))
        data = b"".join(parts + self.records)
        return struct.pack(_HEAD, _MAGIC, binascii.crc32(data)) + data


def unpack(data):
    """The Memory of some bytes; None where power was lost, or they are of another version."""
    if len(data) < _HEAD_BYTES:
        return None
    magic, crc = struct.unpack(_HEAD, data[:_HEAD_BYTES])
    body = data[_HEAD_BYTES:]
    if magic != _MAGIC or binascii.crc32(body) != crc:
        return None
    memory = Memory(0)
    memory.boot, memory.seq = struct.unpack_from("<II", body)
    at = 8
    numbers = struct.unpack_from(_NOTES, body, at)
    for place, name in enumerate(NOTES):
        memory.notes[name] = numbers[place]
    at += 4 * len(NOTES)
    marks, records = body[at], body[at + 1]
    at += 2
    memory.marks = {}
    for _ in range(marks):
        boot, acked, sent = struct.unpack_from(_MARK, body, at)
        memory.marks[boot] = [acked, sent]
        at += _MARK_BYTES
    for _ in range(records):
        memory.records.append(body[at : at + record.SIZE])
        at += record.SIZE
    return memory
