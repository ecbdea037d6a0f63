"""What is noted of every write before it is done: enough to take it back, and to do it again.

kind, length of path, place, old size, length of old bytes, length of new bytes; then these
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path
from typing import Final

_HEAD: Final = struct.Struct("<BHQQII")


class Kind(IntEnum):
    """What was done to a file."""

    WRITE = 1
    TRUNCATE = 2
    SYNC = 3
    DELETE = 4


@dataclass(frozen=True, slots=True)
class Record:
    """One act on one file. `old` is what stood where `new` was put, or what was cut off."""

    kind: Kind
    path: str
    place: int = 0
    old_size: int = 0
    old: bytes = b""
    new: bytes = b""

    def encode(self) -> bytes:
        """As bytes that `records` reads."""
        path = self.path.encode()
        lengths = (len(path), self.place, self.old_size, len(self.old), len(self.new))
        return _HEAD.pack(self.kind, *lengths) + path + self.old + self.new


def records(file: Path) -> Iterator[Record]:
    """All of them, in order. One that is not whole was followed by no write: it does not count."""
    text = file.read_bytes()
    at = 0
    while at + _HEAD.size <= len(text):
        kind, *lengths = _HEAD.unpack_from(text, at)
        path_size, place, old_size, old, new = lengths
        begin = at + _HEAD.size
        at = begin + path_size + old + new
        if at > len(text):
            return
        path, rest = text[begin : begin + path_size].decode(), begin + path_size
        yield Record(
            Kind(kind), path, place, old_size, text[rest : rest + old], text[rest + old : at]
        )
