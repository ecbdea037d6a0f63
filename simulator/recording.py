"""Recorded fill levels from a CSV file, as readings of devices that never were.

The boots come from the file's content and the seq from the order of time: the same file
always gives the same identities, so replaying it again gives only duplicates, and
another file gives others. A boot is short enough for all of it to be remembered.
"""

import gzip
import statistics
import zlib
from dataclasses import dataclass
from itertools import groupby, pairwise
from pathlib import Path
from typing import NamedTuple

from simulator.recorded_levels import BadRow, RecordedLevels, RecordingError, read_levels

__all__ = ["EMPTY_MM", "FULL_MM", "BadRow", "Recording", "RecordingError", "load_recording"]

EMPTY_MM, FULL_MM = 1200, 200
_MM_PER_PERCENT = (EMPTY_MM - FULL_MM) // 100
BOOT_READINGS = 4000
_GZIP_MAGIC = b"\x1f\x8b"
_USUAL_CADENCE_S, _SHORTEST_CADENCE_S = 3600, 60


class Row(NamedTuple):
    """A recorded level as the reading it becomes."""

    at_s: int
    device: str
    boot: int
    seq: int
    distance_mm: int


@dataclass(frozen=True, slots=True)
class RecordedBin:
    """A bin of the recording; its geometry is `EMPTY_MM` to `FULL_MM`, as that of all."""

    id: str
    waste: str
    device: str
    cadence_s: int


@dataclass(frozen=True, slots=True)
class Recording:
    """All usable rows in the order of time, the bad ones, and how many said nothing new.

    `boot` is the first of every device; each has `BOOT_READINGS`.
    """

    boot: int
    bins: tuple[RecordedBin, ...]
    rows: tuple[Row, ...]
    bad: tuple[BadRow, ...]
    repeated: int

    def slots(self, slot_s: int) -> list[list[Row]]:
        """The rows by slots of time, without the empty ones."""
        return [list(rows) for _, rows in groupby(self.rows, lambda row: row.at_s // slot_s)]


def load_recording(path: Path) -> Recording:
    """Read a CSV file, plain or gzipped. Raises `RecordingError`; bad rows are listed."""
    try:
        content = path.read_bytes()
        if content.startswith(_GZIP_MAGIC):
            content = gzip.decompress(content)
        text = content.decode("utf-8-sig")
    except (OSError, EOFError, zlib.error, UnicodeDecodeError) as error:
        raise RecordingError(f"{path} cannot be read as CSV in UTF-8: {error}") from error
    return read_recording(text)


def read_recording(text: str) -> Recording:
    """The recording in a CSV text. Raises `RecordingError` for the header only."""
    levels = read_levels(text)
    boot = 1 + zlib.crc32(text.encode()) % 2**31
    return Recording(
        boot=boot,
        bins=tuple(_bin(levels, bin_) for bin_ in sorted(levels.by_bin)),
        rows=tuple(sorted(row for bin_ in levels.by_bin for row in _rows(levels, bin_, boot))),
        bad=tuple(levels.bad),
        repeated=levels.repeated,
    )


def device_of(bin_: str) -> str:
    """The device that a recorded bin never had."""
    return f"r-{bin_}"


def _bin(levels: RecordedLevels, bin_: str) -> RecordedBin:
    times = sorted(levels.by_bin[bin_])
    gaps = [later - earlier for earlier, later in pairwise(times)] or [_USUAL_CADENCE_S]
    cadence_s = max(_SHORTEST_CADENCE_S, round(statistics.median(gaps)))
    return RecordedBin(bin_, levels.wastes[bin_], device_of(bin_), cadence_s)


def _rows(levels: RecordedLevels, bin_: str, boot: int) -> list[Row]:
    device, rows = device_of(bin_), []
    for place, (at_s, percent) in enumerate(sorted(levels.by_bin[bin_].items())):
        later, before = divmod(place, BOOT_READINGS)
        distance_mm = EMPTY_MM - _MM_PER_PERCENT * percent
        rows.append(Row(at_s, device, boot + later, before + 1, distance_mm))
    return rows
