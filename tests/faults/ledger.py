"""What the database says, read from outside while the ingester writes it."""

from collections import Counter
from typing import TYPE_CHECKING, Final

from sqlalchemy import Engine, func, select

from jemput.decisions import IncidentKind, OpenIncident
from jemput.entry import ClockTrust, Entry, Link
from jemput.store.history import Cursors
from jemput.store.journal import Journal
from jemput.store.outbox import Outbox
from jemput.store.schema import history, inbox, pickup, quarantine
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
        self.highest: Counter[tuple[str, int]] = Counter()
        """Sequences, by device and boot."""
        self.epochs: list[int] = []
        self.links_up = 0
        self.times_ms: list[int] = []
        """Of the entries."""
        self.trusts: list[bool] = []
        """Whether the wall clock was trusted, each time that this was noted."""
        self.silences: list[str] = []
        """Bins and sites that were said to be silent; in no scenario one is for so long."""
        self.losses = 0
        self._sinks = Cursors(engine, GROUP)

    def read_on(self) -> None:
        """Read what came since. Raises `DamagedJournalError`."""
        for entry in self.journal.entries(after=self.position):
            self.position = entry.position
            self.epochs.append(entry.epoch)
            self.losses += len(entry.losses)
            self._note(entry)
            for reading in entry.intake.readings:
                identity = Identity(*reading.identity)
                self.counts[identity] += 1
                boot = identity.device, identity.boot
                self.highest[boot] = max(self.highest[boot], identity.seq)
                if self.counts[identity] > 1:
                    self.twice.add(identity)
                self.unjudged.append(identity)
                self.readings[identity] = reading

    def _note(self, entry: Entry) -> None:
        self.times_ms.append(entry.intake.now_ms)
        for event in entry.intake.events:
            self.links_up += isinstance(event, Link) and event.up
            if isinstance(event, ClockTrust):
                self.trusts.append(event.trusted)
        self.silences += [
            one.scope
            for one in entry.decisions
            if isinstance(one, OpenIncident)
            and one.kind in {IncidentKind.SILENCE, IncidentKind.SITE_SILENCE}
        ]

    def lag(self, sink: str) -> int:
        """How many entries a sink has still to take."""
        return self.journal.head() - self._sinks.get(sink)

    def knows_registry(self) -> bool:
        """Whether all that was changed of the registry is in the journal."""
        waiting = select(func.count()).where(inbox.c.position.is_(None))
        with self.engine.connect() as connection:
            return not connection.execute(waiting).scalar_one()

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
