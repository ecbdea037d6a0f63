"""A watched device: what the broker carries of it, and what journal and quarantine make of it."""

import difflib
import sys
import time
from typing import Final

from sqlalchemy import Engine

from jemput import payload, topics
from jemput.cli.showing import concerning, lines, newest, wrapped
from jemput.cli.telling import Only
from jemput.entry import Entry
from jemput.store.journal import Journal
from jemput.store.quarantine import Listed, Quarantine, Wanted
from jemput.store.registry import RegistryStore

BYTES_SHOWN: Final = 400
ASIDE_AT_ONCE: Final = 50
KNOWN_AFTER_S: Final = 3.0
"""A reading that is in no entry by then was in one of before."""


class Watched:
    """One device, and how far it was shown."""

    def __init__(self, engine: Engine, group: str, device: str) -> None:
        """Begin at now."""
        self.device = device
        self._journal = Journal(engine, group)
        self._quarantine = Quarantine(engine, group)
        self._position = self._journal.head()
        self._aside = max((one.id for one in self._newest_aside(1)), default=0)
        self._awaited: dict[tuple[int, int], float] = {}
        self._only = Only(self._bin(RegistryStore(engine, group)), device)

    def show_last(self, most: int) -> None:
        """The newest entries that hold anything of it."""
        if most:
            first = self._journal.first()
            for entry in newest(self._journal, first, self._position, most, self._only):
                self._show(entry)

    def hear(self, topic: str, message: bytes) -> None:
        """Show what the broker carried, as it is on the wire."""
        spoken = topics.parse(topic)
        text = message[:BYTES_SHOWN].decode("utf-8", "backslashreplace")
        more = f" … {len(message)} bytes" if len(message) > BYTES_SHOWN else ""
        if spoken is None or spoken.kind != "reading":
            say(f"may forget: {text}")
            return
        say(f"heard on {topic}: {text}{more}")
        try:
            readings = payload.decode(message).readings
        except payload.PayloadError:
            return  # the quarantine tells why
        for reading in readings:
            self._awaited[reading.boot, reading.seq] = time.monotonic()

    def show_new(self) -> None:
        """What was committed and set aside since the last look, and what came again."""
        head = self._journal.head()
        for entry in concerning(self._journal, self._position + 1, head, self._only):
            self._show(entry)
        self._position = head
        for one in sorted(self._newest_aside(ASIDE_AT_ONCE), key=lambda one: one.id):
            if one.id > self._aside:
                self._aside = one.id
                say(f"set aside as {one.reason}: `jemput quarantine explain {one.id}`")
                self._awaited.clear()
        self._tell_known()

    def _show(self, entry: Entry) -> None:
        for line in lines(entry, self._only):
            sys.stdout.write(line + "\n")
        sys.stdout.flush()
        for reading in entry.readings:
            if reading.device == self.device:
                self._awaited.pop((reading.boot, reading.seq), None)

    def _tell_known(self) -> None:
        now_s = time.monotonic()
        known = [key for key, at_s in self._awaited.items() if now_s - at_s > KNOWN_AFTER_S]
        for key in known:
            del self._awaited[key]
        if known:
            which = ", ".join(f"{boot}/{seq}" for boot, seq in known)
            say(f"known already, so a duplicate: {which}")

    def _newest_aside(self, most: int) -> list[Listed]:
        return list(self._quarantine.newest(Wanted(device=self.device), most))

    def _bin(self, store: RegistryStore) -> str | None:
        """The bin it hangs on. Where it hangs on none that is said, with names like its own."""
        bindings = store.read().bindings
        history = bindings.get(self.device)
        if history is None:
            near = ", ".join(difflib.get_close_matches(self.device, sorted(bindings)))
            hint = f"; do you mean {near}?" if near else ""
            sys.stderr.write(f"no device {self.device} hangs on a bin{hint} It is followed so.\n")
        return history[-1][1] if history else None


def say(text: str) -> None:
    """One thing that happened now, at most 80 columns wide."""
    sys.stdout.write("\n".join(wrapped(text)) + "\n")
    sys.stdout.flush()
