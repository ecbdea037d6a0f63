"""Readings kept until the application acknowledges them: in RTC memory, and behind it on flash."""

from firmware.store import memory as rtc
from firmware.store import record
from firmware.store.flash import BOOT_BITS, following

MOST_BOOTS = 16  # a message names no more


class Kept:
    """The store of one device. `rtc_read()` and `rtc_write(bytes)` reach RTC memory.

    Nothing here raises for a flash that is full or broken: then the oldest go, and are counted.
    """

    most_records = rtc.MOST_RECORDS
    most_segments = 90  # with the newest in memory below 3,000: the host knows 4,096

    def __init__(self, flash, rtc_read, rtc_write, random_bits):
        self._flash = flash
        self._rtc_write = rtc_write
        self._memory = rtc.unpack(rtc_read())
        self.is_new = self._memory is None
        if self._memory is None:
            self._memory = rtc.Memory(flash.next_boot(random_bits(BOOT_BITS)))
            self._forget_old_boots()
            self.save()
        self.boot = self._memory.boot
        self.notes = self._memory.notes

    def save(self):
        """Into RTC memory: what comes after a reset begins here."""
        self._rtc_write(self._memory.pack())

    def add(self, reading):
        """Number a reading and keep it; it is safe from a reset when this returns."""
        memory = self._memory
        memory.seq += 1
        reading["boot"], reading["seq"] = memory.boot, memory.seq
        memory.records.append(record.pack(reading))
        self.save()
        if len(memory.records) >= self.most_records:
            self._spill()

    def kept(self):
        """The [boot, first] pairs of what is still kept."""
        first: dict[int, int] = {}
        for packed in self._packed():
            boot, seq = record.identity(packed)
            if boot not in first or seq < first[boot]:
                first[boot] = seq
        return sorted(first.items())

    def batches(self, size):
        """Lists of at most `size` readings that the broker has not, oldest first."""
        batch = []
        for packed in self._packed():
            boot, seq = record.identity(packed)
            if seq <= self._sent(boot):
                continue
            batch.append(record.unpack(packed))
            if len(batch) == size:
                yield batch
                batch = []
        if batch:
            yield batch

    def sent(self, batch):
        """The broker has these; they go again only after `send_again`."""
        for reading in batch:
            mark = self._mark(reading["boot"])
            mark[1] = max(mark[1], reading["seq"])
        self.save()

    def unanswered(self):
        """Whether something is kept that the broker has had."""
        return any(
            record.identity(packed)[1] <= self._sent(record.identity(packed)[0])
            for packed in self._packed()
        )

    def send_again(self):
        """What the broker took and the application did not acknowledge is due once more."""
        for mark in self._memory.marks.values():
            mark[1] = mark[0]

    def acknowledge(self, pairs):
        """Forget all up to `pairs` of (boot, seq). What was never ours is not listened to."""
        for boot, seq in pairs:
            if boot != self._memory.boot or seq <= self._memory.seq:
                mark = self._mark(boot)
                mark[0] = max(mark[0], seq)
                mark[1] = max(mark[1], seq)
        self._sweep()
        self.save()

    def acked(self, boot):
        """Up to which seq of a boot the application has everything; 0 is nothing."""
        return self._acked(boot)

    def put_away(self):
        """All that RTC memory has to flash, for an application that may read it otherwise.

        False where there is no room for it.
        """
        memory, names = self._memory, self._flash.segments()
        self._forget_what_is_on_flash(names)
        if not memory.records:
            return True
        if not self._wrote(following(names[-1] if names else None), b"".join(memory.records)):
            return False
        memory.records = []
        self.save()
        return True

    def _mark(self, boot):
        marks = self._memory.marks
        if boot not in marks:
            marks[boot] = [0, 0]
        return marks[boot]

    def _sent(self, boot):
        mark = self._memory.marks.get(boot)
        return mark[1] if mark else 0

    def _packed(self):
        """Everything kept, oldest first, each once: a reset may leave one in both places."""
        seen: dict[int, int] = {}
        for name in self._flash.segments():
            for packed in self._flash.records(name):
                if self._is_next(packed, seen):
                    yield packed
        for packed in list(self._memory.records):
            if self._is_next(packed, seen):
                yield packed

    def _is_next(self, packed, seen):
        boot, seq = record.identity(packed)
        if seq <= max(seen.get(boot, 0), self._acked(boot)):
            return False
        seen[boot] = seq
        return True

    def _acked(self, boot):
        mark = self._memory.marks.get(boot)
        return mark[0] if mark else 0

    def _spill(self):
        """The older half goes to flash, as one segment."""
        memory, flash = self._memory, self._flash
        names = flash.segments()
        self._forget_what_is_on_flash(names)
        if len(memory.records) < self.most_records:
            return
        while len(names) >= self.most_segments:
            self._drop_segment(names.pop(0))
        half = self.most_records // 2
        segment = b"".join(memory.records[:half])
        name = following(names[-1] if names else None)
        if not (self._wrote(name, segment) or self._wrote_in_place_of(names, name, segment)):
            memory.notes["dropped"] += half
        memory.records = memory.records[half:]
        self.save()

    def _wrote(self, name, segment):
        try:
            self._flash.write(name, segment)
        except OSError:
            return False
        return True

    def _wrote_in_place_of(self, names, name, segment):
        if not names:
            return False
        self._drop_segment(names[0])
        return self._wrote(name, segment)

    def _drop_segment(self, name):
        records = self._flash.records(name)
        lost = [one for one in records if self._is_next(one, {})]
        self._memory.notes["dropped"] += len(lost)
        self._flash.remove(name)

    def _sweep(self):
        """Take away what is acknowledged, and marks of boots of which nothing is left."""
        boots = {self._memory.boot}
        for name in self._flash.segments():
            left = [one for one in self._flash.records(name) if self._is_next(one, {})]
            if left:
                boots.update([record.identity(one)[0] for one in left])
            else:
                self._flash.remove(name)
        self._sweep_memory()
        boots.update([record.identity(one)[0] for one in self._memory.records])
        for boot in list(self._memory.marks):
            if boot not in boots:
                del self._memory.marks[boot]

    def _sweep_memory(self):
        memory = self._memory
        memory.records = [one for one in memory.records if self._is_next(one, {})]

    def _forget_what_is_on_flash(self, names):
        """A reset came after a segment was written, and before memory knew of it."""
        memory = self._memory
        self._sweep_memory()
        for packed in self._flash.records(names[-1])[-1:] if names else []:
            boot, last = record.identity(packed)
            if boot == memory.boot:
                memory.records = [one for one in memory.records if record.identity(one)[1] > last]

    def _forget_old_boots(self):
        """No message may name more boots than sixteen: segments of the oldest are let go.

        A segment is of one boot, since memory is empty where a boot begins.
        """
        names = self._flash.segments()
        boots = [self._boot_of(name) for name in names]
        while names and len(set(boots)) >= MOST_BOOTS:
            self._drop_segment(names.pop(0))
            boots.pop(0)

    def _boot_of(self, name):
        for packed in self._flash.records(name)[:1]:
            return record.identity(packed)[0]
        return 0
