"""A small town with a journal in a real database, written by the real writer."""

from sqlalchemy import Engine

from ingest.writer import Batch, Writer
from jemput.entry import Entry, Event, Link
from jemput.fold.admission import Heard, Poison
from jemput.store.history import EmbeddedHistory
from jemput.store.registry import RegistryStore
from tests.builders import CADENCE_S, START_S, message, town

GROUP = "main"
BIN = "b1"
DEVICE = "d-b1"


class SmallTown:
    """One bin, its device, and the writer; every entry is a cadence after the one before."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.url = engine.url.render_as_string(hide_password=False)
        self.writer = Writer(self.engine, GROUP)
        self.writer.take_over()
        self.history = EmbeddedHistory(self.engine, GROUP)
        self.seq = 0
        self.now_s = START_S
        RegistryStore(self.engine, GROUP).change(town([BIN]), by="test", now_ms=START_S * 1000)
        self.commit(events=(Link(up=True),))

    def commit(
        self,
        *heard: Heard,
        poison: tuple[Poison, ...] = (),
        events: tuple[Event, ...] = (),
    ) -> Entry:
        """One entry, also in the history."""
        self.now_s += CADENCE_S
        batch = Batch(heard=heard, poison=poison, events=events)
        entry = self.writer.commit(batch, self.now_s * 1000)
        self.history.write([entry])
        return entry

    def fill(self, *levels: int) -> Entry:
        """The bin says one level after another; the last entry."""
        return [self._say(one) for one in levels][-1]

    def _say(self, fill: int) -> Entry:
        self.seq += 1
        at_s = self.now_s + CADENCE_S
        return self.commit(Heard(DEVICE, message(seq=self.seq, at_s=at_s, fill=fill)))
