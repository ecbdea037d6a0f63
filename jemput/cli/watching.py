"""A watched device: what the broker carries of it, and what journal and quarantine make of it."""

import difflib
import sys
from collections import deque
from collections.abc import Iterable
from typing import Final, NamedTuple

from sqlalchemy import Engine

from jemput import payload, topics
from jemput.cli.awaited import Awaited, Key
from jemput.cli.showing import concerning, lines, newest, wrapped
from jemput.cli.telling import Only
from jemput.entry import Entry
from jemput.memory import Verdict
from jemput.store.checkpoints import Checkpoints
from jemput.store.journal import Journal
from jemput.store.quarantine import Listed, Quarantine, Quarantined, Wanted
from jemput.store.registry import RegistryStore

BYTES_SHOWN: Final = 400
ASIDE_AT_ONCE: Final = 50
NAMES_SHOWN: Final = 5
REMEMBERED: Final = 4096


class Carried(NamedTuple):
    """A message on the wire, and when by a steady clock."""

    at_s: float
    topic: str
    message: bytes


class Watched:
    """One device, and how far it was shown. Only `hear` may be called from another thread."""

    def __init__(self, engine: Engine, group: str, device: str) -> None:
        """Begin at now."""
        self.device = device
        self.heard_any = False
        """Whether anything came of it since then, from the broker or in the journal."""
        self._journal = Journal(engine, group)
        self._quarantine = Quarantine(engine, group)
        self._checkpoints = Checkpoints(engine, group)
        self._position = self._journal.head()
        self._aside = max((one.id for one in self._newest_aside(1)), default=0)
        self._heard: deque[Carried] = deque()
        self._acks: deque[Carried] = deque()
        self._awaited = Awaited()
        self._committed: dict[Key, None] = {}
        self._only = Only(self._bin(RegistryStore(engine, group)), device)

    def show_last(self, most: int) -> None:
        """The newest entries that hold anything of it."""
        for entry in newest(self._journal, self._journal.first(), self._position, most, self._only):
            self._show(entry)

    def hear(self, topic: str, message: bytes, now_s: float) -> None:
        """Note what the broker carried; it is shown at the next look."""
        spoken = topics.parse(topic)
        is_reading = spoken is not None and spoken.kind == "reading"
        self.heard_any |= is_reading
        (self._heard if is_reading else self._acks).append(Carried(now_s, topic, message))

    def show_new(self, now_s: float) -> None:
        """What was said, committed and set aside since the last look, and what came to nothing."""
        acks = _taken(self._acks)  # before the journal is read, so that it holds what they tell of
        head = self._journal.head()
        entries = list(concerning(self._journal, self._position + 1, head, self._only))
        aside = self._new_aside()
        for one in _taken(self._heard):
            say(f"heard on {one.topic}: {_shown(one.message)}")
            self._awaited.hear(keys_of(one.message), one.at_s)
        for entry in entries:
            self.heard_any = True
            self._show(entry)
            self._commit(entry, now_s)
        self._position = head
        for message in aside:
            self._show_aside(message)
        for one in acks:
            say(f"acknowledged, it may forget: {_shown(one.message)}")
        self._tell_overdue(self._awaited.overdue(now_s))

    def _show_aside(self, message: Quarantined) -> None:
        say(f"set aside as {message.reason}: {message.detail}")
        say(f"`jemput quarantine explain {message.id}` tells more")
        self._awaited.set_aside(keys_of(message.payload))

    def _show(self, entry: Entry) -> None:
        for line in lines(entry, self._only):
            sys.stdout.write(line + "\n")
        sys.stdout.flush()
        for reading in entry.readings:
            if reading.device == self.device and reading.bin is not None:
                self._only = Only(reading.bin, self.device)

    def _commit(self, entry: Entry, now_s: float) -> None:
        """Tell how long it took from the wire into the journal."""
        keys = [(one.boot, one.seq) for one in entry.readings if one.device == self.device]
        self._committed |= dict.fromkeys(keys)
        for oldest in list(self._committed)[:-REMEMBERED]:
            del self._committed[oldest]
        waited_s = self._awaited.commit(keys, now_s)
        if waited_s is not None:
            say(f"committed, and seen here {waited_s:.1f} s after it was heard")

    def _tell_overdue(self, overdue: list[Key]) -> None:
        """In no entry: either it was in one before, or nobody writes any."""
        if not overdue:
            return
        memory = self._checkpoints.memory_of(self.device)
        known = [
            key
            for key in overdue
            if key in self._committed or memory.judge(*key, since_s=0) is not Verdict.NEW
        ]
        if known:
            say(f"known already, so a duplicate: {_told(known)}")
        if len(known) < len(overdue):
            missing = [key for key in overdue if key not in known]
            say(f"not committed yet: {_told(missing)}; does `jemput ingest` run?")

    def _new_aside(self) -> list[Quarantined]:
        """Messages set aside since the last look, oldest first."""
        ids = [one.id for one in self._newest_aside(ASIDE_AT_ONCE) if one.id > self._aside]
        self._aside = max(ids, default=self._aside)
        return [self._quarantine.get(one) for one in sorted(ids)]

    def _newest_aside(self, most: int) -> Iterable[Listed]:
        return self._quarantine.newest(Wanted(device=self.device), most)

    def _bin(self, store: RegistryStore) -> str | None:
        """The bin it hangs on. Where it hangs on none that is said, with names like its own."""
        bindings = store.read().bindings
        history = bindings.get(self.device)
        if history is not None:
            return history[-1][1]
        sys.stderr.write(
            f"no device {self.device} hangs on a bin; {_names_like(self.device, bindings)}. "
            "It is followed all the same.\n"
        )
        return None


def keys_of(message: bytes) -> list[Key]:
    """Boot and sequence of each reading of a message; none where it cannot be read."""
    try:
        return [(one.boot, one.seq) for one in payload.decode(message).readings]
    except payload.PayloadError:
        return []


def say(text: str) -> None:
    """One thing that happened now, at most 80 columns wide."""
    sys.stdout.write("\n".join(wrapped(text)) + "\n")
    sys.stdout.flush()


def _taken(carried: deque[Carried]) -> list[Carried]:
    """What stands there now; what another thread adds meanwhile stays for the next look."""
    return [carried.popleft() for _ in range(len(carried))]


def _shown(message: bytes) -> str:
    text = message[:BYTES_SHOWN].decode("utf-8", "backslashreplace")
    return text + (f" … {len(message)} bytes" if len(message) > BYTES_SHOWN else "")


def _told(keys: Iterable[Key]) -> str:
    return ", ".join(f"{boot}/{seq}" for boot, seq in keys)


def _names_like(device: str, known: Iterable[str]) -> str:
    names = sorted(known)
    near = difflib.get_close_matches(device, names)
    if near:
        return f"names like it: {', '.join(near)}"
    if not names:
        return "no device does yet"
    more = f" and {len(names) - NAMES_SHOWN} more" if len(names) > NAMES_SHOWN else ""
    return f"known are {', '.join(names[:NAMES_SHOWN])}{more}"
