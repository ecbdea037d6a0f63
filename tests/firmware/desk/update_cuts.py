"""An update on LittleFS2, cut at one flash operation after the other. MicroPython only.

`update_cuts.py STORY EIGHTHS FIRST STEP`: so many eighths of the cut operation are done. In the
story `good` the new release reports and is acknowledged, in `crash` it never ends in good order,
and in `mute` it is never acknowledged. Says how many operations the story has, and raises where
something is started that is not whole, or the end is not what it has to be.
"""

import binascii
import hashlib
import os
import sys

import vfs  # type: ignore[import-not-found] # MicroPython's

from firmware import start
from firmware.store.flash import Flash
from firmware.trial import Trial
from firmware.update.building import Building
from firmware.update.folder import CHUNK
from firmware.update.manifest import hmac_sha256, signed_text
from tests.firmware.desk.block_device import FlashChip, PowerCut

FOLDER = "/chip"
BLOCKS = 64
KEY = b"k" * 32
DEVICE, RELEASE = "bin-7", 3
CHUNKS_PER_WAKE = 4
MOST_WAKES = 60
SAME = b"# the same in both\n" * 20
OLD = {"firmware/same.py": SAME, "firmware/store/changed.py": b"old\n" * 700}
NEW = {
    "firmware/same.py": SAME,
    "firmware/store/changed.py": b"new!\n" * 900,
    "firmware/more/__init__.py": b"",
    "firmware/more/added.py": b"x" * (2 * CHUNK),
}


def digest(data: bytes) -> str:
    """SHA-256 in hex."""
    return str(binascii.hexlify(hashlib.sha256(data).digest()), "utf-8")


LISTED = "".join(
    ["%s %d %s\n" % (digest(NEW[path]), len(NEW[path]), path) for path in sorted(NEW)]  # noqa: UP031
).encode()
PIECES = {digest(content): content for content in list(NEW.values()) + [LISTED]}  # noqa: RUF005 - MicroPython has no [*…]


def manifest() -> bytes:
    """As the host makes it."""
    mac = hmac_sha256(KEY, signed_text(DEVICE, RELEASE, "new", digest(LISTED), len(LISTED)))
    told = '{"v":1,"release":%d,"version":"new","list":"%s","size":%d,"mac":"%s"}'
    hexed = str(binascii.hexlify(mac), "utf-8")
    return (told % (RELEASE, digest(LISTED), len(LISTED), hexed)).encode()


MANIFEST = manifest()


class Kept:
    """Of readings, as much as a trial asks for."""

    def __init__(self, seq: int) -> None:
        self._seq = seq

    def acked(self, _: int) -> int:
        """Up to where the application has everything."""
        return self._seq

    def put_away(self) -> bool:
        """Nothing is in memory."""
        return True


class Life:
    """A device that was flashed with OLD, and what runs in it."""

    def __init__(self, story: str) -> None:
        self.story = story
        self.chip = FlashChip(BLOCKS)
        self.notes = {"update_tries": 0}
        self.ran: list[str] = []
        vfs.VfsLfs2.mkfs(self.chip)
        self.mount()
        for path, content in OLD.items():
            make_folders("/chip/a/" + path)
            with open("/chip/a/" + path, "wb") as file:  # noqa: PTH123 - no pathlib here
                file.write(content)

    def mount(self) -> None:
        """As at every start."""
        vfs.mount(vfs.VfsLfs2(self.chip), "/chip")

    def run(self) -> bool:
        """Wake after wake until the story is over; whether it is."""
        for _ in range(MOST_WAKES):
            self.wake()
            if self.is_over():
                return True
        return False

    def wake(self) -> None:
        """What start.py chooses must be whole, and one that failed is never chosen again."""
        slot = start.choose(FOLDER)
        name = whole(slot)
        bad = start.read(FOLDER)["bad"]
        assert not (name == "new" and bad == RELEASE), "one that failed runs again"
        self.ran.append(name)
        if name == "new" and self.story == "crash":
            return
        trial = Trial(FOLDER)
        trial.measured(1, 5)
        trial.ended(Kept(5 if self.story == "good" and name == "new" else 0), has_tried=True)
        if name == "old" and not trial.is_on:
            self.build()

    def build(self) -> None:
        """Some pieces more."""
        left = [CHUNKS_PER_WAKE]

        def fetch(wanted: str, number: int) -> bytes | None:
            left[0] -= 1
            content = PIECES[wanted]
            return content[number * CHUNK : (number + 1) * CHUNK] if left[0] >= 0 else None

        building: Building = Building(Flash(FOLDER), FOLDER, lambda: 1_000_000, self.notes)
        building.run(MANIFEST, KEY, DEVICE, fetch)
        said = building.said or (0, "nothing", 0)
        assert said[1] in ("fetching", "trial", "rolled-back"), said
        if building.is_whole:
            building.switch()

    def is_over(self) -> bool:
        """Whether the release is good, or left."""
        state = start.read(FOLDER)
        if self.story == "good":
            return bool(state["release"] == RELEASE and not state["trial"])
        return bool(state["bad"] == RELEASE)


def whole(slot: str) -> str:
    """Which release a folder has, all of it; nothing else may ever be started."""
    for name, files in (("old", OLD), ("new", NEW)):
        if all([has(f"/chip/{slot}/{path}", content) for path, content in files.items()]):  # noqa: C419
            return name
    raise AssertionError("what is started is not whole: " + slot)


def has(path: str, content: bytes) -> bool:
    """Whether a file is there and has that."""
    try:
        with open(path, "rb") as file:  # noqa: PTH123 - no pathlib here
            return file.read() == content
    except OSError:
        return False


def make_folders(path: str) -> None:
    """All above a file."""
    made = FOLDER
    for part in path.split("/")[2:-1]:
        there = os.listdir(made)  # noqa: PTH208 - no pathlib here
        made += "/" + part
        if part not in there:
            os.mkdir(made)  # noqa: PTH102 - no pathlib here


def cut(story: str, eighths: int, at: int) -> bool:
    """A story cut at an operation, and told to its end; False where it ended before."""
    life = Life(story)
    life.chip.operations, life.chip.cut_at, life.chip.eighths = 0, at, eighths
    ended = False
    try:
        ended = life.run()
        assert ended, "no end without a cut"
    except PowerCut:
        pass  # as told
    vfs.umount("/chip")
    life.chip = life.chip.copy()
    life.notes["update_tries"] = 0  # it was in RTC memory
    life.mount()
    assert life.run(), "no end after a cut"
    start.choose(FOLDER)
    slot = start.choose(FOLDER)
    assert whole(slot) == ("new" if story == "good" else "old"), "the wrong one in the end"
    vfs.umount("/chip")
    return not ended


def main(story: str, eighths: int, first: int, step: int) -> None:
    """All cuts from `first`, every `step`."""
    at = first
    while cut(story, eighths, at):
        at += step
    sys.stdout.write(str(at) + "\n")


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]))
