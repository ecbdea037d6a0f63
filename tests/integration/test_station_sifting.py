"""One bad message never stops a group: what makes the fold raise is set aside, and said."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import ClassVar

import pytest
from sqlalchemy import Engine, insert, select, text
from sqlalchemy.exc import SQLAlchemyError

from ingest import writer as writers
from ingest.decoding import read
from ingest.hearing import Heard, Receipt
from ingest.sifting import FoldStuckError, Sifting, Spoken
from ingest.writer import Batch, Writer
from jemput import topics
from jemput.entry import Changed, Entry, Intake
from jemput.fold.fold import Fold
from jemput.registry import PutHalte
from jemput.store import recovery
from jemput.store.database import create_tables, open_database, writing
from jemput.store.journal import say
from jemput.store.registry import RegistryStore
from jemput.store.schema import inbox, outbox, quarantine
from jemput.things import Halte
from tests.builders import START_S, town

GROUP = "main"
NOW_MS = START_S * 1000
CULPRIT = 13
READING = (
    b'{"v":1,"readings":[{"boot":7,"seq":%d,"at":1767225600,"clock":"ntp",'
    b'"quality":"no_echo","echoes":0,"spread_mm":0}],"kept":[[7,1]]}'
)
Trips = Callable[[Intake], bool]


class TrippingFold(Fold):
    """The fold with a fault in it: it raises half-way, when its state has moved already."""

    trips: ClassVar[list[Trips]] = []

    def fold(self, intake: Intake, epoch: int) -> Entry:
        """Fold, and raise after all where the intake trips."""
        entry = super().fold(intake, epoch)
        if any(trip(intake) for trip in self.trips):
            raise ZeroDivisionError("a fault in a rule")
        return entry


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    """A database of its own."""
    made = open_database(f"sqlite:///{tmp_path / 'jemput.db'}")
    create_tables(made)
    return made


@pytest.fixture
def writer(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> Writer:
    """The writer of a small town, whose fold a test may make trip."""
    monkeypatch.setattr(TrippingFold, "trips", [])
    monkeypatch.setattr(writers, "Fold", TrippingFold)
    monkeypatch.setattr(recovery, "Fold", TrippingFold)
    RegistryStore(engine, GROUP).change(town(["b1"]), by="test", now_ms=NOW_MS)
    made = Writer(engine, GROUP)
    made.take_over()
    made.commit(Batch(), NOW_MS)
    return made


def spoken(seqs: Iterable[int]) -> list[Spoken]:
    """One message for each sequence."""
    topic = topics.reading("coblong", "d-b1")
    raws = [Heard(topic, READING % seq, False, Receipt(1, seq)) for seq in seqs]  # noqa: FBT003 - retained
    return [Spoken(one, read(one.topic, one.payload, retained=False)) for one in raws]


def sift(writer: Writer, seqs: Iterable[int]) -> None:
    """Bring messages into the journal."""
    finish(Sifting(writer, spoken(seqs)))


def finish(sifting: Sifting) -> None:
    """Go on until all of it is committed."""
    for _ in range(1000):
        if sifting.is_done:
            return
        sifting.step(NOW_MS)
    raise AssertionError("it never ends")


def set_aside(engine: Engine) -> list[tuple[str, str, bytes]]:
    """What is in the quarantine."""
    columns = (quarantine.c.topic, quarantine.c.reason, quarantine.c.payload)
    with engine.connect() as connection:
        return [tuple(row) for row in connection.execute(select(*columns))]


def alerts(engine: Engine) -> list[tuple[str, str]]:
    """Who is to be told, and by which channel."""
    with engine.connect() as connection:
        rows = connection.execute(select(outbox.c.recipient, outbox.c.channel))
        return [(row.recipient, row.channel) for row in rows]


def seqs_in_journal(writer: Writer) -> list[int]:
    """The readings of the journal, in order."""
    return sorted(one.seq for entry in writer.journal.entries() for one in entry.intake.readings)


def has_reading(intake: Intake) -> bool:
    """Whether the culprit is among the readings."""
    return any(one.seq == CULPRIT for one in intake.readings)


def names_culprit(intake: Intake) -> bool:
    """Whether the culprit is there, read or settled."""
    return has_reading(intake) or any(one.seq == CULPRIT for one in intake.settled)


def test_a_message_that_makes_the_fold_raise_is_set_aside_and_the_others_are_kept(
    engine: Engine, writer: Writer
) -> None:
    TrippingFold.trips.append(has_reading)

    sift(writer, range(1, 41))

    assert seqs_in_journal(writer) == [seq for seq in range(1, 41) if seq != CULPRIT]
    topic = topics.reading("coblong", "d-b1")
    assert set_aside(engine) == [(topic, "fold_failed", READING % CULPRIT)]
    assert writer.fold.state.devices["d-b1"].upto() == [(7, 40)], "its device may forget it"
    assert {recipient for recipient, _ in alerts(engine)} == {"operator"}


def test_what_was_set_aside_is_known_after_a_restart(engine: Engine, writer: Writer) -> None:
    TrippingFold.trips.append(has_reading)
    sift(writer, range(1, 21))

    again = Writer(engine, GROUP)
    again.take_over()
    sift(again, range(1, 21))

    assert again.fold.state.devices["d-b1"].upto() == [(7, 20)]
    assert len(set_aside(engine)) == 1
    assert len(seqs_in_journal(again)) == 19


def test_one_whose_very_name_makes_the_fold_raise_is_set_aside_without_it(
    engine: Engine, writer: Writer
) -> None:
    TrippingFold.trips.append(names_culprit)

    sift(writer, range(1, 21))

    assert len(seqs_in_journal(writer)) == 19
    assert [row[2] for row in set_aside(engine)] == [READING % CULPRIT]


def test_the_operator_is_told_once_a_day_however_many_there_are(
    engine: Engine, writer: Writer
) -> None:
    TrippingFold.trips.append(lambda intake: any(one.seq % 5 == 0 for one in intake.readings))

    sift(writer, range(1, 21))

    assert len(set_aside(engine)) == 4
    assert len(alerts(engine)) == len(set(alerts(engine))) > 0, "one per channel"


def test_where_the_state_itself_is_the_fault_nothing_is_set_aside(
    engine: Engine, writer: Writer
) -> None:
    TrippingFold.trips.append(lambda _: True)
    sifting = Sifting(writer, spoken(range(1, 9)))

    with pytest.raises(FoldStuckError, match="a fault in a rule"):
        finish(sifting)
    TrippingFold.trips.clear()
    finish(sifting)

    assert set_aside(engine) == []
    assert seqs_in_journal(writer) == list(range(1, 9))


def test_what_others_said_and_cannot_be_read_or_folded_is_set_aside_and_the_rest_is_taken(
    engine: Engine, writer: Writer
) -> None:
    def is_bad(intake: Intake) -> bool:
        changes = [one.change for one in intake.events if isinstance(one, Changed)]
        return any(isinstance(one, PutHalte) and one.halte.id == "bad" for one in changes)

    TrippingFold.trips.append(is_bad)
    with writing(engine) as connection:
        for halte in ("before", "bad", "behind"):
            put = PutHalte(Halte(halte, "coblong", halte, -6.88, 107.61))
            say(connection, GROUP, Changed(put))
        connection.execute(insert(inbox).values(group_id=GROUP, blob=b"\xc1 of a later version"))
        say(connection, GROUP, Changed(PutHalte(Halte("last", "coblong", "last", 0, 0))))

    sift(writer, range(1, 4))

    assert writer.mail() == 0
    haltes = writer.fold.state.registry.haltes
    assert {"before", "behind", "last"} <= set(haltes)
    assert "bad" not in haltes
    assert [row[:2] for row in set_aside(engine)] == [("inbox", "fold_failed")] * 2
    assert seqs_in_journal(writer) == [1, 2, 3]


def test_a_recovery_that_failed_too_is_made_up_for_before_anything_is_folded(
    engine: Engine, writer: Writer
) -> None:
    refuse = "BEFORE INSERT ON journal BEGIN SELECT RAISE(ABORT, 'no'); END"
    with writing(engine) as connection:
        connection.execute(text(f"CREATE TRIGGER refuse {refuse}"))
        connection.execute(text("ALTER TABLE checkpoint RENAME TO elsewhere"))
    sifting = Sifting(writer, spoken([1, 2]))
    with pytest.raises(SQLAlchemyError, match="no such table: checkpoint"):
        sifting.step(NOW_MS)
    with writing(engine) as connection:
        connection.execute(text("DROP TRIGGER refuse"))
        connection.execute(text("ALTER TABLE elsewhere RENAME TO checkpoint"))

    finish(sifting)

    assert seqs_in_journal(writer) == [1, 2]
