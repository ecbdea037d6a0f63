"""Files on LittleFS: each is written whole beside its place and renamed, so it is there or not."""

import binascii
import os
import struct

from firmware.store import record

_CRC_BYTES = 4
_BOOTS, _NEW = "boots", "new"
_DIGITS = 8
BOOT_BITS = 15


class Flash:
    """A folder with the boot counter, kept segments and other small files."""

    def __init__(self, folder):
        self._folder = folder

    def write(self, name, data):
        """Put a file in place, whole or not at all; raises OSError where there is no room."""
        with open(self._path(_NEW), "wb") as file:
            file.write(data + struct.pack("<I", binascii.crc32(data)))
        os.rename(self._path(_NEW), self._path(name))

    def read(self, name):
        """What was written, or None where it is not there or damaged."""
        try:
            with open(self._path(name), "rb") as file:
                data = file.read()
        except OSError:
            return None
        data, crc = data[:-_CRC_BYTES], data[-_CRC_BYTES:]
        return data if crc == struct.pack("<I", binascii.crc32(data)) else None

    def remove(self, name):
        """Take a file away; one that cannot be taken away stays."""
        try:
            os.remove(self._path(name))
        except OSError:
            pass

    def segments(self):
        """Names of the kept segments, oldest first."""
        try:
            return sorted([name for name in os.listdir(self._folder) if _is_segment(name)])
        except OSError:
            return []

    def records(self, name):
        """The packed readings of a segment, oldest first; none where it is damaged."""
        data = self.read(name) or b""
        return [data[at : at + record.SIZE] for at in range(0, len(data), record.SIZE)]

    def next_boot(self, chance):
        """A boot that nobody had, remembered before it is used; `chance` is 15 random bits.

        Where the counter is gone, what is kept still says which boots there were.
        """
        told = self.read(_BOOTS)
        last = struct.unpack("<I", told)[0] if told and len(told) == _CRC_BYTES else 0
        for name in self.segments():
            for packed in self.records(name)[-1:]:
                last = max(last, record.identity(packed)[0] >> BOOT_BITS)
        try:
            self.write(_BOOTS, struct.pack("<I", last + 1))
        except OSError:
            pass  # a full or broken flash: the random bits alone tell this boot from others
        return (last + 1 << BOOT_BITS | chance) & 0xFFFFFFFF or 1

    def _path(self, name):
        return self._folder + "/" + name


def _is_segment(name):
    return len(name) == _DIGITS and name.isdigit()


def following(name):
    """The name of the segment after `name`, which is None where there is none."""
    return "%08d" % (int(name) + 1 if name else 1)
