"""Verifying: the journal folded again, and compared with what it and its copies say.

Reads in short transactions and writes nothing, so an ingester may run meanwhile.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import msgspec
from sqlalchemy import Row, select

from jemput.entry import FOLD_VERSION, Entry
from jemput.fold.fold import Fold
from jemput.fold.state import GroupState, dump
from jemput.store.checkpoints import Checkpoints, OtherStateVersionError
from jemput.store.journal import READ_AT_ONCE, DamagedJournalError, Journal, read_entry
from jemput.store.schema import journal as table

DERIVED: Final = ("readings", "losses", "emptyings", "decisions")
LONGEST_SHOWN: Final = 240


class DifferenceError(Exception):
    """The first thing that is not as folding it again makes it; the message says where and how."""


@dataclass(slots=True)
class Report:
    """How far it is, and what was compared."""

    first: int
    head: int
    position: int
    folded: int = 0
    """Entries decided again, and found the same."""
    checked: int = 0
    """Entries of another fold, or before any state is known: checksum and order only."""
    snapshots: int = 0
    checkpoint: int | None = None
    notes: tuple[str, ...] = ()


class Verification:
    """One pass over the journal of a group."""

    def __init__(self, journal: Journal) -> None:
        """Take the journal; touch nothing."""
        self._journal = journal
        self._checkpoints = Checkpoints(journal.engine, journal.group)
        self._fold: Fold | None = None
        self._saved: GroupState | None = None
        self._snapshots: set[int] = set()
        self.report = Report(0, 0, 0)

    def run(self) -> Iterator[Report]:
        """Read everything, handing over the report from time to time, and at the end.

        Raises `DifferenceError` or `DamagedJournalError` at the first thing that is wrong.
        """
        self._begin()
        before: Row[tuple[int, ...]] | None = None
        for rows in self._rows():
            for row in rows:
                self._take(row, before)
                before = row
            yield self.report
        if self.report.position < self.report.head:
            missing = self.report.position + 1
            raise DamagedJournalError(f"entry {missing} is missing: the head is {self.report.head}")
        yield self.report

    def _begin(self) -> None:
        try:
            self._saved = self._checkpoints.saved()
        except OtherStateVersionError as error:
            self._note(f"the checkpoint was not compared: {error}")
        self._snapshots = {position for position, _ in self._checkpoints.snapshots()}
        first, head = self._journal.first(), self._journal.head()
        first = first or head + 1
        self.report.first, self.report.head, self.report.position = first, head, first - 1
        if first == 1:
            self._fold = Fold()
        self._meet(first - 1)
        if self._saved is not None and self._saved.position < first - 1:
            at = self._saved.position
            raise DifferenceError(
                f"the checkpoint stands at entry {at}, and the oldest entry kept is {first}: "
                "run `jemput journal forget-checkpoint`"
            )

    def _rows(self) -> Iterator[Sequence[Row[tuple[int, ...]]]]:
        mine = select(table).where(table.c.group_id == self._journal.group)
        while self.report.position < self.report.head:
            behind = mine.where(table.c.position > self.report.position)
            upto = behind.where(table.c.position <= self.report.head)
            with self._journal.engine.connect() as connection:
                query = upto.order_by(table.c.position).limit(READ_AT_ONCE)
                rows = connection.execute(query).all()
            if not rows:
                return
            yield rows

    def _take(self, row: Row[tuple[int, ...]], before: Row[tuple[int, ...]] | None) -> None:
        expected = self.report.position + 1
        if row.position != expected and self._journal.first() > expected:
            message = f"entries from {expected} on were pruned meanwhile: verify once more"
            raise ValueError(message)
        entry = read_entry(row.position, row.checksum, row.blob, expected)
        told = (row.position, row.epoch, row.now_ms, row.fold_version, row.readings)
        holds = (entry.position, entry.epoch, entry.intake.now_ms, entry.fold_version)
        if told != (*holds, len(entry.readings)):
            raise DifferenceError(f"entry {row.position}: its columns say other than its bytes")
        if before is not None and (row.now_ms < before.now_ms or row.epoch < before.epoch):
            message = f"entry {row.position} is older than the one before it, or of an older writer"
            raise DifferenceError(message)
        self._fold_again(entry)
        self.report.position = entry.position
        self._meet(entry.position)

    def _fold_again(self, entry: Entry) -> None:
        if self._fold is None or entry.fold_version != FOLD_VERSION:
            self.report.checked += 1
            if self._fold is not None:
                self._fold.replay(entry)
            return
        try:
            again = self._fold.fold(entry.intake, entry.epoch)
        except Exception as error:
            message = f"entry {entry.position}: folding it again fails: {error!r}"
            raise DifferenceError(message) from error
        for name in DERIVED:
            stored, now = getattr(entry, name), getattr(again, name)
            if stored != now:
                how = first_difference(stored, now)
                raise DifferenceError(f"entry {entry.position}: its {name} differ: {how}")
        self.report.folded += 1

    def _meet(self, position: int) -> None:
        """Compare with the copies of the state that stand here."""
        if position in self._snapshots:
            self._meet_snapshot(position)
        if self._saved is not None and self._saved.position == position and self._fold is not None:
            self._compare("the checkpoint", self._saved)
            self.report.checkpoint = position

    def _meet_snapshot(self, position: int) -> None:
        try:
            state = self._checkpoints.snapshot_at(position)
        except ValueError as error:
            self._note(f"the snapshot at {position} was not compared: {error}")
            return
        if self._fold is None:
            self._fold = Fold(state)
            self._note(f"begun from the snapshot after entry {position}")
        else:
            self._compare(f"the snapshot at {position}", state)
            self.report.snapshots += 1

    def _compare(self, what: str, copy: GroupState) -> None:
        if self._fold is not None and dump(copy) != dump(self._fold.state):
            where = self._fold.state.position
            how = state_difference(copy, self._fold.state)
            raise DifferenceError(f"{what} is not the state after entry {where}: {how}")

    def _note(self, sentence: str) -> None:
        self.report.notes = (*self.report.notes, sentence)


def first_difference(stored: Sequence[object], again: Sequence[object]) -> str:
    """The first thing in which two lists differ, in a line."""
    longest = max(len(stored), len(again))
    for number in range(longest):
        one = stored[number] if number < len(stored) else None
        other = again[number] if number < len(again) else None
        if one != other:
            return f"number {number + 1} is {_shown(one)}; folded again it is {_shown(other)}"
    return "nothing"


def state_difference(copy: GroupState, folded: GroupState) -> str:
    """The first part in which two states differ, in a line."""
    for name in GroupState.__struct_fields__:
        one, other = getattr(copy, name), getattr(folded, name)
        if one == other:
            continue
        if isinstance(one, dict) and isinstance(other, dict):
            key = min(key for key in one.keys() | other.keys() if one.get(key) != other.get(key))
            return f"{name} {key}: {_versus(one.get(key), other.get(key))}"
        return f"{name}: {_versus(one, other)}"
    return "the same parts in other bytes"


def _versus(there: object, folded: object) -> str:
    return f"{_shown(there)} there, {_shown(folded)} folded"


def _shown(value: object) -> str:
    if value is None:
        return "nothing"
    text = msgspec.json.encode(value).decode()
    return text if len(text) <= LONGEST_SHOWN else text[:LONGEST_SHOWN] + "…"
