"""Which readings of a device are known already: bounded, exact, and never guessing.

Per boot a high mark and the gaps below it, so that a healthy device costs a few integers.
"""

from enum import Enum
from typing import Final

import msgspec
from msgspec import Struct

from jemput.ranges import Range, above, holds, joined, with_one, without_one

MAX_BOOTS: Final = 16
MAX_FORGOTTEN_BOOTS: Final = 256
WINDOW: Final = 4096
MOST_ASIDE: Final = 128
"""Ranges a boot: what came in a row is one. Of more, the oldest can no longer be taken back."""


class Verdict(Enum):
    """What the memory says of a (boot, seq)."""

    NEW = "new"
    KNOWN = "known"
    TOO_OLD = "too_old_to_tell"


class BootMemory(Struct, array_like=True):
    """Everything up to `high` was heard, but for `gaps`, which are in order and apart.

    `aside` are those heard ones that no history has, because they went to the quarantine.
    `gone` were given up and never heard: one that comes all the same is new, inside the window.
    A boot of this number may have been heard until `since_s`, and been forgotten.
    """

    high: int = 0
    gaps: list[Range] = msgspec.field(default_factory=list)
    aside: list[Range] = msgspec.field(default_factory=list)
    gone: list[Range] = msgspec.field(default_factory=list)
    since_s: int = -1

    def upto(self) -> int:
        """The sequence up to which nothing is missing."""
        return self.gaps[0][0] - 1 if self.gaps else self.high

    def judge(self, seq: int) -> Verdict:
        """Whether `seq` is new, known, or too far behind to tell."""
        if seq > self.high:
            return Verdict.NEW
        if (self.gaps and holds(self.gaps, seq)) or self.was_lost(seq):
            return Verdict.NEW
        return Verdict.TOO_OLD if seq <= self.high - WINDOW else Verdict.KNOWN

    def mark(self, seq: int) -> list[Range]:
        """Note that `seq` was heard; return the gaps that the window left behind."""
        if seq == self.high + 1 and not self.gaps and not self.gone:
            self.high = seq  # as nearly always
            return []
        if seq > self.high:
            if seq > self.high + 1:
                self.gaps.append((self.high + 1, seq - 1))
            self.high = seq
        else:
            self.close(seq, seq)
            if self.was_lost(seq):
                self.gone = without_one(self.gone, seq)
        return self._leave_behind(self.high - WINDOW)

    def was_lost(self, seq: int) -> bool:
        """Whether `seq` counts as lost: given up, and not heard all the same."""
        return bool(self.gone) and holds(self.gone, seq)

    def settle(self, first: int, last: int) -> None:
        """Count what is missing of `first` to `last` as lost."""
        self.gone = joined([*self.gone, *self.close(first, last)])
        self._leave_behind(self.high - WINDOW)

    def set_aside(self, seq: int) -> list[Range]:
        """The same of one that went to the quarantine; where it was heard before, nothing."""
        if self.judge(seq) is not Verdict.NEW:
            return []
        self.aside = with_one(self.aside, seq)[-MOST_ASIDE:]
        return self.mark(seq)

    def take_back(self, seq: int) -> bool:
        """Whether `seq` is set aside; it is no longer."""
        if not holds(self.aside, seq):
            return False
        self.aside = without_one(self.aside, seq)
        return True

    def close(self, first: int, last: int) -> list[Range]:
        """Count `first` to `last` as settled; return the parts of it that were missing."""
        missing, left = [], []
        for start, end in self.gaps:
            low, high = max(start, first), min(end, last)
            if low > high:
                left.append((start, end))
                continue
            missing.append((low, high))
            if start < low:
                left.append((start, low - 1))
            if high < end:
                left.append((high + 1, end))
        self.gaps = left
        if last > self.high:
            missing.append((max(first, self.high + 1), last))
            if first > self.high + 1:
                self.gaps.append((self.high + 1, first - 1))
            self.high = last
        return missing

    def _leave_behind(self, edge: int) -> list[Range]:
        if self.gone and self.gone[0][0] <= edge:
            self.gone = above(self.gone, edge)
        if not self.gaps or self.gaps[0][0] > edge:
            return []
        return self.close(1, edge)


class DeviceMemory(Struct, array_like=True):
    """What is known of one device: its last boots, by when they were first heard.

    Of `forgotten` ones, with the second from which nothing of them was taken any more, only
    that they were. Of still older ones the highest, and the last such second of any: what is
    higher, or was surely not there to be heard until then, is new. A new board under old
    credentials counts its boots from the beginning, so lower alone does not mean older.
    """

    boots: dict[int, BootMemory] = msgspec.field(default_factory=dict)
    forgotten: list[tuple[int, int]] = msgspec.field(default_factory=list)
    dropped: tuple[int, int] | None = None

    def judge(self, boot: int, seq: int, since_s: int) -> Verdict:
        """Whether (boot, seq) is new, known, or too old to tell.

        Before `since_s` it cannot have been heard; 0 where that is unknown.
        """
        memory = self.boots.get(boot)
        if memory is not None:
            return memory.judge(seq) if since_s > memory.since_s else Verdict.TOO_OLD
        return Verdict.TOO_OLD if self._may_be_forgotten(boot, since_s) else Verdict.NEW

    def mark(self, boot: int, seq: int, now_s: int) -> list[Range]:
        """Note that a new (boot, seq) was heard; return the gaps that the window left behind."""
        memory = self.boots.get(boot) or self._begin(boot, now_s)
        return memory.mark(seq) if memory is not None else []

    def set_aside(self, boot: int, seq: int, now_s: int) -> list[Range]:
        """The same of one that went to the quarantine; where it was heard before, nothing."""
        memory = self._of(boot, now_s)
        return memory.set_aside(seq) if memory is not None else []

    def take_back(self, boot: int, seq: int) -> bool:
        """Whether (boot, seq) is in the quarantine and nowhere else; from now on it is not."""
        memory = self.boots.get(boot)
        return memory is not None and memory.take_back(seq)

    def was_lost(self, boot: int, seq: int) -> bool:
        """Whether (boot, seq) counts as lost."""
        memory = self.boots.get(boot)
        return memory is not None and memory.was_lost(seq)

    def missing_below(self, boot: int, first: int) -> list[Range]:
        """What the device no longer keeps and was never heard. Changes nothing."""
        memory = self.boots.get(boot)
        if memory is None:
            is_new = first > 1 and not self._may_be_forgotten(boot)
            return [(1, first - 1)] if is_new else []
        if first <= memory.upto() + 1:
            return []
        return BootMemory(memory.high, list(memory.gaps)).close(1, first - 1)

    def settle(self, boot: int, first: int, last: int, now_s: int) -> None:
        """Count what is missing of a range as lost."""
        memory = self._of(boot, now_s)
        if memory is not None:
            memory.settle(first, last)

    def upto(self) -> list[tuple[int, int]]:
        """The application ack: per boot, up to which sequence nothing is missing."""
        return [(boot, memory.upto()) for boot, memory in self.boots.items()]

    def _of(self, boot: int, now_s: int) -> BootMemory | None:
        """The boot's memory; None where it may be forgotten: begun anew, it would know nothing."""
        memory = self.boots.get(boot)
        if memory is None and not self._may_be_forgotten(boot):
            memory = self._begin(boot, now_s)
        return memory

    def _begin(self, boot: int, now_s: int) -> BootMemory | None:
        """A memory for a boot that is new; None where it was pushed out in this same entry."""
        if any(boot == one for one, _ in self.forgotten):
            return None
        highest, last_s = self.dropped or (-1, -1)
        memory = BootMemory(since_s=last_s if boot <= highest else -1)
        self.boots[boot] = memory
        if len(self.boots) > MAX_BOOTS:
            oldest = next(iter(self.boots))
            del self.boots[oldest]
            self.forgotten = [*self.forgotten, (oldest, now_s)]
        if len(self.forgotten) > MAX_FORGOTTEN_BOOTS:
            self._drop(*self.forgotten.pop(0))
        return memory

    def _drop(self, boot: int, upto_s: int) -> None:
        highest, last_s = self.dropped or (boot, upto_s)
        self.dropped = max(highest, boot), max(last_s, upto_s)

    def _may_be_forgotten(self, boot: int, since_s: int = 0) -> bool:
        """Whether a boot that is not remembered may have been heard before."""
        if any(boot == one for one, _ in self.forgotten):
            return True
        if self.dropped is None:
            return False
        highest, last_s = self.dropped
        return boot <= highest and since_s <= last_s
