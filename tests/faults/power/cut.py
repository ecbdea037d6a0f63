"""The power is cut: of what was written and not synced, a drawn part is on the disk."""

import random
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from tests.faults.power.record import Kind, Record, records

SECTOR: Final = 512


def cut(notes: Path, rng: random.Random) -> int:
    """Make the files what they are after a power cut; how many writes were not synced.

    Nobody may have them open. What is noted until now is forgotten.
    """
    lost = 0
    for path, unsynced in _unsynced(notes).items():
        lost += len(unsynced)
        file = Path(path)
        if unsynced and file.exists():
            file.write_bytes(_after(bytearray(file.read_bytes()), unsynced, rng))
        Path(f"{path}-shm").unlink(missing_ok=True)  # it was memory
    notes.unlink()
    return lost


def is_all_synced(notes: Path) -> bool:
    """Whether a cut now would take nothing."""
    return not any(_unsynced(notes).values())


def _unsynced(notes: Path) -> dict[str, list[Record]]:
    """What was done to each file since it was synced."""
    files: dict[str, list[Record]] = {}
    for one in records(notes):
        if one.kind in {Kind.SYNC, Kind.DELETE}:
            files[one.path] = []
        else:
            files.setdefault(one.path, []).append(one)
    return files


def _after(image: bytearray, unsynced: Sequence[Record], rng: random.Random) -> bytes:
    """Back to the last sync; then what got through by itself, in whole sectors, in order."""
    for one in reversed(unsynced):
        image[one.place : one.place + len(one.old)] = one.old
        del image[one.old_size :]
    share = rng.choice((0.0, 0.0, 0.5, 0.9))
    for one in unsynced:
        if one.kind is Kind.TRUNCATE:
            if rng.random() < share:
                del image[one.place :]
            continue
        for place in range(one.place, one.place + len(one.new), SECTOR):
            if rng.random() < share:
                begin = place - one.place
                _put(image, place, one.new[begin : begin + SECTOR])
    return bytes(image)


def _put(image: bytearray, place: int, data: bytes) -> None:
    image.extend(bytes(max(0, place - len(image))))
    image[place : place + len(data)] = data
