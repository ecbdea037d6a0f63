"""What the database says, read from outside while the ingester writes it."""

from collections import Counter
from typing import TYPE_CHECKING, Final

from sqlalchemy import Engine, func, select

from jemput.entry import Link
from jemput.store.history import Cursors
from jemput.store.journal import Journal
from jemput.store.outbox import Outbox
from jemput.store.schema import history, pickup, quarantine
from tests.faults.oracle import Identity

if TYPE_CHECKING:
    from jemput.reading import Reading

GROUP: Final = "main"


class Ledger:
    """The journal as it grows, and what stands beside it."""

    def __init__(self, engine: Engine) -> None:
        """Take the database."""
        self.engine = engine
        self.journal = Journal(engine, GROUP)
        self.position = 0
        self.counts: Counter[Identity] = Counter()
        self.readings: dict[Identity, Reading] = {}
        self.twice: set[Identity] = set()
        self.unjudged: list[Identity] = []
        """What came since somebody compared it with what was said."""
        self.epochs: list[int] = []
        self.links_up = 0
        self.losses = 0
        self._sinks = Cursors(engine, GROUP)

    def read_on(self) -> None:
        """Read what came since. Raises `DamagedJournalError`."""
        for entry in self.journal.entries(after=self.position):
            self.position = entry.position
            self.epochs.append(entry.epoch)
            self.losses += len(entry.losses)
            self.links_up += sum(isinstance(one, Link) and one.up for one in entry.intake.events)
            for reading in entry.intake.readings:
                identity = Identity(*reading.identity)
                self.counts[identity] += 1
                if self.counts[identity] > 1:
                    self.twice.add(identity)
                self.unjudged.append(identity)
                self.readings[identity] = reading

    def lag(self, sink: str) -> int:
        """How many entries a sink has still to take."""
        return self.journal.head() - self._sinks.get(sink)

    def alerts_waiting(self) -> int:
        """How many alerts have not left."""
        return Outbox(self.engine, GROUP).waiting()

    def history(self) -> Counter[tuple[str, int, int | None]]:
        """Rows of the embedded history: device, time and distance."""
        with self.engine.connect() as connection:
            rows = connection.execute(
                select(history.c.device, history.c.time_ns, history.c.distance_mm)
            )
            return Counter((row.device, row.time_ns, row.distance_mm) for row in rows)

    def pickups(self) -> Counter[str]:
        """How many pickups each bin ever had; no scenario empties a bin."""
        with self.engine.connect() as connection:
            rows = connection.execute(select(pickup.c.bin, func.count()).group_by(pickup.c.bin))
            return Counter({row[0]: row[1] for row in rows})

    def quarantined(self) -> list[tuple[str, str, str | None, bytes]]:
        """Topic, reason, device and bytes of what was set aside."""
        columns = (quarantine.c.topic, quarantine.c.reason, quarantine.c.device)
        with self.engine.connect() as connection:
            rows = connection.execute(select(*columns, quarantine.c.payload))
            return [(row.topic, row.reason, row.device, row.payload) for row in rows]
