"""Pickups as people see and move them."""

from collections.abc import Sequence
from secrets import token_hex

import msgspec
from sqlalchemy import Connection, Engine, Row, select
from sqlalchemy.exc import IntegrityError

from jemput.entry import Act, ActKind, OpenedByHand
from jemput.fold.acts import STATE_AFTER
from jemput.pickup import Flag, Move, Pickup, Reason, RefusedError, State, Why, move
from jemput.store import audit
from jemput.store import journal as journals
from jemput.store.database import writing
from jemput.store.effects import insert_pickup, move_pickup
from jemput.store.schema import journal_group, pickup, pickup_move


class UnknownPickupError(KeyError):
    """There is no pickup of that id."""


class AlreadyOpenError(ValueError):
    """The bin has an open pickup."""


class Pickups:
    """The pickups of one group."""

    def __init__(self, engine: Engine, group: str) -> None:
        """Take the database and the group's name; touch nothing."""
        self.engine = engine
        self.group = group

    def get(self, pickup_id: str) -> Pickup:
        """One pickup. Raises `UnknownPickupError`."""
        with self.engine.connect() as connection:
            return _get(connection, pickup_id)

    def position(self, pickup_id: str) -> int | None:
        """The entry that opened a pickup; None where a person did."""
        query = select(pickup.c.position).where(pickup.c.id == pickup_id)
        with self.engine.connect() as connection:
            return connection.execute(query).scalar()

    def moves(self, pickup_id: str) -> list[Move]:
        """What became of a pickup, oldest first."""
        query = select(pickup_move).where(pickup_move.c.pickup == pickup_id)
        with self.engine.connect() as connection:
            rows = connection.execute(query.order_by(pickup_move.c.id)).all()
        return [Move(State(row.state), row.at_ms, row.by, row.note) for row in rows]

    def list(
        self,
        *,
        only_open: bool = False,
        bin_id: str | None = None,
        collector: str | None = None,
        sites: Sequence[str] | None = None,
        most: int = 1000,
    ) -> list[Pickup]:
        """Pickups, newest first; of one bin, one collector or some sites where that is asked."""
        query = select(pickup).where(pickup.c.group_id == self.group)
        if only_open:
            query = query.where(pickup.c.is_open)
        if bin_id is not None:
            query = query.where(pickup.c.bin == bin_id)
        if collector is not None:
            query = query.where(pickup.c.collector == collector)
        if sites is not None:
            query = query.where(pickup.c.site.in_(sites))
        query = query.order_by(pickup.c.opened_ms.desc(), pickup.c.id).limit(most)
        with self.engine.connect() as connection:
            return _read_all(connection.execute(query).all())

    def act(
        self, kind: ActKind, pickup_id: str, by: str, now_ms: int, note: str | None = None
    ) -> Pickup:
        """Move a pickup by a person's act, at once, and tell the fold.

        Raises `UnknownPickupError`, or `RefusedError` where the state machine says no.
        """
        with writing(self.engine) as connection:
            lock_group(connection, self.group)
            before = _get(connection, pickup_id)
            if kind == "accept" and before.state is State.ACCEPTED:
                message = (
                    f"pickup {pickup_id} was accepted by {_accepted_by(connection, pickup_id)}"
                )
                raise RefusedError(message)
            after = move(before, STATE_AFTER[kind], now_ms, note=note)
            move_pickup(connection, pickup_id, Move(after.state, now_ms, by, note))
            act = Act(kind, pickup_id, before.bin, by, now_ms, note)
            journals.say(connection, self.group, act)
            audit.note(connection, by, now_ms, _change(after.state.value, before, after))
        return after

    def open_by_hand(self, opened: Pickup, site: str, by: str) -> None:
        """Open a pickup that a person asks for. Raises `AlreadyOpenError`."""
        try:
            with writing(self.engine) as connection:
                lock_group(connection, self.group)
                insert_pickup(connection, self.group, opened, site=site, by=by, position=None)
                journals.say(connection, self.group, OpenedByHand(opened, by))
                audit.note(connection, by, opened.opened_ms, _change("opened", None, opened))
        except IntegrityError as error:
            if not self.list(only_open=True, bin_id=opened.bin):
                raise
            message = f"bin {opened.bin} has an open pickup already"
            raise AlreadyOpenError(message) from error


def lock_group(connection: Connection, group: str) -> None:
    """Lock the group's row, as whoever changes anything of the group must."""
    query = select(journal_group.c.id).where(journal_group.c.id == group).with_for_update()
    if connection.execute(query).first() is None:
        journals.make_group(connection, group)
        connection.execute(query)


def hand_pickup_id(bin_id: str) -> str:
    """A name for a pickup opened by hand."""
    return f"{bin_id}-h{token_hex(4)}"


def _get(connection: Connection, pickup_id: str) -> Pickup:
    row = connection.execute(select(pickup).where(pickup.c.id == pickup_id)).first()
    if row is None:
        raise UnknownPickupError(pickup_id)
    return _read(row)


def _change(what: str, before: Pickup | None, after: Pickup) -> audit.Change:
    """What the audit log says of a pickup; its reasons stay in its own row."""
    return audit.Change(what, "pickup", after.id, before and _told(before), _told(after))


def _told(one: Pickup) -> dict[str, str | None]:
    return {"state": one.state.value, "collector": one.collector, "note": one.note, "bin": one.bin}


def _accepted_by(connection: Connection, pickup_id: str) -> str:
    query = select(pickup_move.c.by).where(
        pickup_move.c.pickup == pickup_id, pickup_move.c.state == State.ACCEPTED.value
    )
    return connection.execute(query).scalar() or "somebody"


def _read_all(rows: Sequence[Row[tuple[object, ...]]]) -> list[Pickup]:
    return [_read(row) for row in rows]


def _read(row: Row[tuple[object, ...]]) -> Pickup:
    return Pickup(
        id=row.id,
        bin=row.bin,
        reason=Reason(row.reason),
        state=State(row.state),
        opened_ms=row.opened_ms,
        moved_ms=row.moved_ms,
        why=msgspec.msgpack.decode(row.why, type=Why),
        collector=row.collector,
        note=row.note,
        flag=Flag(row.flag) if row.flag else None,
    )
