"""The journal: one entry per batch, in order, per group; and the inbox of what others say."""

import zlib
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate
from typing import Final

import msgspec
from sqlalchemy import Connection, Engine, bindparam, delete, func, insert, select, text, update

from jemput.entry import Entry, Event, decode, encode
from jemput.mendable import MendableError
from jemput.store.database import writing
from jemput.store.schema import inbox, journal, journal_group

READ_AT_ONCE: Final = 64
DRAINED_BYTES: Final = 500_000
"""So much of the inbox goes into one entry at most; a single event always does."""


# Of every commit: put together once, since that takes longer than the database does.
_LOCK: Final = (
    select(journal_group.c.epoch, journal_group.c.head)
    .where(journal_group.c.id == bindparam("group"))
    .with_for_update()
)
_APPEND: Final = insert(journal)
_MOVE_HEAD: Final = (
    update(journal_group)
    .where(journal_group.c.id == bindparam("group"), journal_group.c.head == bindparam("before"))
    .values(head=bindparam("position"))
)
_WAITING: Final = (
    select(inbox.c.id, inbox.c.blob)
    .where(inbox.c.group_id == bindparam("group"), inbox.c.position.is_(None))
    .order_by(inbox.c.id)
    .limit(bindparam("most"))
)


class TakenOverError(MendableError):
    """Another ingester writes this group now; this one has to stop."""


class DamagedJournalError(MendableError):
    """An entry is missing or its bytes changed; the message says which."""


class Journal:
    """The journal of one group."""

    def __init__(self, engine: Engine, group: str) -> None:
        """Take the database and the group's name; touch nothing."""
        self.engine = engine
        self.group = group

    def take_over(self) -> int:
        """Raise the epoch and return it: whoever wrote before cannot append any more."""
        with writing(self.engine) as connection:
            make_group(connection, self.group)
            raised = (
                update(journal_group)
                .where(journal_group.c.id == self.group)
                .values(epoch=journal_group.c.epoch + 1)
                .returning(journal_group.c.epoch)
            )
            epoch: int = connection.execute(raised).scalar_one()
            return epoch

    def epoch(self) -> int:
        """The epoch that may append now."""
        with self.engine.connect() as connection:
            query = select(journal_group.c.epoch).where(journal_group.c.id == self.group)
            return connection.execute(query).scalar_one_or_none() or 0

    def head(self) -> int:
        """The newest position; 0 where there is no entry yet."""
        with self.engine.connect() as connection:
            query = select(journal_group.c.head).where(journal_group.c.id == self.group)
            return connection.execute(query).scalar_one_or_none() or 0

    def lock(self, connection: Connection, epoch: int) -> int:
        """Lock the group for this transaction and return its head. Raises `TakenOverError`."""
        row = connection.execute(_LOCK, {"group": self.group}).one()
        if row.epoch != epoch:
            message = f"group {self.group} is at epoch {row.epoch}; this writer is of {epoch}"
            raise TakenOverError(message)
        head: int = row.head
        return head

    def append(self, connection: Connection, entry: Entry) -> None:
        """Write an entry at exactly head + 1; the caller holds the lock."""
        blob = encode(entry)
        row = {
            "group_id": self.group,
            "position": entry.position,
            "epoch": entry.epoch,
            "now_ms": entry.intake.now_ms,
            "fold_version": entry.fold_version,
            "readings": len(entry.readings),
            "checksum": checksum(entry.position, blob),
            "blob": blob,
        }
        connection.execute(_APPEND, row)
        places = {"group": self.group, "before": entry.position - 1, "position": entry.position}
        moved = connection.execute(_MOVE_HEAD, places).rowcount
        if moved != 1:
            message = f"entry {entry.position} does not follow the head of group {self.group}"
            raise TakenOverError(message)

    def entries(self, after: int = 0, upto: int | None = None) -> Iterator[Entry]:
        """Entries in order, behind `after`; behind 0 from the oldest that is kept.

        Raises `DamagedJournalError` at the first damage.
        """
        while upto is None or after < upto:
            batch = self._some(after)
            for entry in batch:
                if upto is not None and entry.position > upto:
                    return
                yield entry
            if not batch:
                return
            after = batch[-1].position

    def first(self) -> int:
        """The oldest position still kept; 0 where there is none."""
        with self.engine.connect() as connection:
            query = select(func.min(journal.c.position)).where(journal.c.group_id == self.group)
            return connection.execute(query).scalar() or 0

    def now_ms(self, position: int) -> int | None:
        """The time of an entry; None where it is not kept."""
        query = select(journal.c.now_ms).where(
            journal.c.group_id == self.group, journal.c.position == position
        )
        with self.engine.connect() as connection:
            return connection.execute(query).scalar()

    def position_at(self, now_ms: int) -> int:
        """The oldest kept entry of that time or later; head + 1 where there is none."""
        low, high = self.first(), self.head() + 1
        query = select(journal.c.now_ms).where(journal.c.group_id == self.group)
        with self.engine.connect() as connection:
            while low < high:
                middle = (low + high) // 2
                at_ms = connection.execute(query.where(journal.c.position == middle)).scalar()
                if at_ms is None or at_ms < now_ms:
                    low = middle + 1
                else:
                    high = middle
        return low

    def delete_upto(self, position: int, most: int) -> int:
        """Delete at most `most` of the oldest entries up to `position`; return how many."""
        with writing(self.engine) as connection:
            oldest = select(journal.c.position).where(
                journal.c.group_id == self.group, journal.c.position <= position
            )
            chosen = oldest.order_by(journal.c.position).limit(most)
            return connection.execute(
                delete(journal).where(
                    journal.c.group_id == self.group, journal.c.position.in_(chosen)
                )
            ).rowcount

    def _some(self, after: int) -> Sequence[Entry]:
        query = select(journal.c.position, journal.c.checksum, journal.c.blob).where(
            journal.c.group_id == self.group, journal.c.position > after
        )
        with self.engine.connect() as connection:
            rows = connection.execute(query.order_by(journal.c.position).limit(READ_AT_ONCE)).all()
        if rows and not after:
            after = rows[0].position - 1
        return [
            read_entry(position, stored, blob, after + offset)
            for offset, (position, stored, blob) in enumerate(rows, start=1)
        ]


def make_group(connection: Connection, group: str) -> None:
    """Make the row of a group where there is none: epoch 0, which no writer has."""
    row = {"id": group, "epoch": 0, "head": 0}
    statement = "INSERT INTO journal_group (id, epoch, head) VALUES (:id, :epoch, :head)"
    connection.execute(text(f"{statement} ON CONFLICT DO NOTHING"), row)


def read_entry(position: int, stored: int, blob: bytes, expected: int) -> Entry:
    """Check an entry's place and bytes, and read it."""
    if expected != position:
        message = f"entry {expected} is missing: entry {position} stands in its place"
        raise DamagedJournalError(message)
    if checksum(position, blob) != stored:
        message = f"entry {position} is damaged: its bytes do not match their checksum"
        raise DamagedJournalError(message)
    return decode(blob)


def checksum(position: int, blob: bytes) -> int:
    """CRC-32 of an entry's position and bytes."""
    return zlib.crc32(blob, zlib.crc32(position.to_bytes(8, "big")))


_events = msgspec.msgpack.Decoder(Event)


def say(connection: Connection, group: str, event: Event) -> None:
    """Put something into the inbox; the caller's transaction decides whether it was said."""
    say_all(connection, group, [event])


def say_all(connection: Connection, group: str, events: Iterable[Event]) -> None:
    """Put them into the inbox in their order."""
    rows = [{"group_id": group, "blob": msgspec.msgpack.encode(one)} for one in events]
    if rows:
        connection.execute(insert(inbox), rows)


def drain(connection: Connection, group: str, most: int) -> tuple[list[int], tuple[Event, ...]]:
    """What waits in the inbox, oldest first, and the ids to mark once it is in an entry."""
    rows = connection.execute(_WAITING, {"group": group, "most": most}).all()
    if not rows:
        return [], ()
    sizes = accumulate(len(row.blob) for row in rows)
    fitting = sum(1 for size in sizes if size <= DRAINED_BYTES)
    taken = rows[: max(1, fitting)]
    return [row.id for row in taken], tuple(_events.decode(row.blob) for row in taken)


def mark_drained(connection: Connection, ids: Sequence[int], position: int) -> None:
    """Note in which entry inbox rows went."""
    if ids:
        connection.execute(update(inbox).where(inbox.c.id.in_(ids)).values(position=position))
