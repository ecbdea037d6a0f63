"""A life of the store on LittleFS2, cut at one flash operation after the other. MicroPython only.

`python power_cuts.py WAY EIGHTHS FIRST STEP`: so many eighths of the cut operation are done.
WAY is `power`, which takes RTC memory with it, or `reset`, which does not. Says how many
operations a life has, and raises where a promise is broken.
"""

import os
import sys

import vfs  # type: ignore[import-not-found] # MicroPython's

from firmware.store.flash import Flash
from firmware.store.kept import Kept
from firmware.store.memory import unpack
from firmware.store.record import identity
from tests.firmware.desk.block_device import FlashChip, PowerCut

FOLDER = "/chip/kept"
BLOCKS = 40
ADDS = 70
ACK_EVERY = 17
SEGMENT, MOST_SEGMENTS = 4, 3  # small, so that a short life spills, fills up and drops


class Life:
    """One device: its flash, its RTC memory, and what it was asked to keep, oldest first."""

    def __init__(self) -> None:
        self.chip = FlashChip(BLOCKS)
        self.rtc = b""
        self.taken: list[tuple[int, int]] = []
        self.acked: dict[int, int] = {}
        self.boots: list[int] = []
        vfs.VfsLfs2.mkfs(self.chip)
        self.mount()
        os.mkdir(FOLDER)  # noqa: PTH102 - no pathlib here

    def mount(self) -> None:
        """As at every start."""
        vfs.mount(vfs.VfsLfs2(self.chip), "/chip")

    def wake(self) -> Kept:
        """The store after a start; a new boot must be new."""
        kept: Kept = Kept(Flash(FOLDER), lambda: self.rtc, self.write, lambda _: 5)
        kept.most_records, kept.most_segments = 2 * SEGMENT, MOST_SEGMENTS
        if kept.is_new:
            assert kept.boot not in self.boots, "a boot was drawn again"
            self.boots.append(kept.boot)
        return kept

    def write(self, data: bytes) -> None:
        """RTC memory."""
        self.rtc = data

    def add(self, kept: Kept) -> None:
        """One reading more."""
        seq = unpack(self.rtc).seq + 1
        identified = (kept.boot, seq)
        assert identified not in self.taken, "a seq was given again"
        self.taken.append(identified)
        kept.add(reading(seq))

    def run(self, adds: int) -> None:
        """Wake after wake, with an acknowledgement now and then."""
        for count in range(1, adds + 1):
            kept = self.wake()
            self.add(kept)
            if count % ACK_EVERY == 0:
                boot, upto = kept.boot, unpack(self.rtc).seq - 6
                self.acked[boot] = upto
                kept.acknowledge([(boot, upto)])

    def check(self, lost: list[tuple[int, int]]) -> None:
        """Nothing invented, nothing twice, and only the oldest missing, unless they are `lost`."""
        found = []
        for batch in self.wake().batches(5):
            for one in batch:
                assert one["at"] == reading(one["seq"])["at"], "not what was measured"
                found.append((one["boot"], one["seq"]))
        assert len(set(found)) == len(found), "kept twice"
        due = [one for one in self.taken if one[1] > self.acked.get(one[0], 0)]
        assert [one for one in found if one not in self.taken] == [], "invented"
        held = [one for one in due if one in found]
        assert held == [one for one in found if one in due], "out of order"
        safe = [one for one in due if one not in lost]
        kept = [one for one in held if one in safe]
        assert kept == safe[len(safe) - len(kept) :], "a hole"
        assert len(kept) >= min(len(safe), (MOST_SEGMENTS - 1) * SEGMENT), "too few"


def reading(seq: int) -> dict[str, object]:
    """What is measured at that number."""
    return {
        "at": 1_790_000_000 + 900 * seq,
        "clock": "ntp",
        "quality": "ok",
        "distance_mm": 500 + seq,
        "echoes": 9,
        "spread_mm": 3,
    }


def cut(way: str, eighths: int, at: int) -> bool:
    """A life cut at an operation, and what is there afterwards; False where it ended before."""
    life = Life()
    life.chip.operations, life.chip.cut_at, life.chip.eighths = 0, at, eighths
    ended = False
    try:
        life.run(ADDS)
        ended = True
    except PowerCut:
        pass  # as told
    vfs.umount("/chip")
    life.chip = life.chip.copy()  # what is garbage of the dead one may not write to it
    life.mount()
    lost = []
    if way == "power":
        memory = unpack(life.rtc)
        lost = [identity(packed) for packed in memory.records] if memory else []
        life.rtc = b""
    life.check(lost)
    for _ in range(20):
        life.add(life.wake())
    life.check(lost)
    vfs.umount("/chip")
    return not ended


def main(way: str, eighths: int, first: int, step: int) -> None:
    """All cuts from `first`, every `step`."""
    at = first
    while cut(way, eighths, at):
        at += step
    sys.stdout.write(str(at) + "\n")


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]))
