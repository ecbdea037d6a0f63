"""The state at one position: written behind, read at a start; and whole copies of it."""

from collections.abc import Iterable
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, Engine, Table, delete, select
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from jemput.fold.state import STATE_VERSION, BinState, GroupState, Listening, dump, load
from jemput.memory import DeviceMemory
from jemput.mendable import MendableError
from jemput.reading import Reading
from jemput.registry import Registry
from jemput.store.database import writing
from jemput.store.journal import DamagedJournalError, Journal, checksum
from jemput.store.schema import bin_state, checkpoint, snapshot

GROUP_PART: Final = "group"
REGISTRY_PART: Final = "registry"
DEVICE_PART: Final = "device"
BIN_PART: Final = "bin"


class OtherStateVersionError(MendableError):
    """The checkpoint was written by another version."""


class _GroupPart(msgspec.Struct):
    version: int
    position: int
    now_ms: int
    unbound: dict[str, list[Reading]]
    listening: Listening
    clock_trusted: bool
    site_incidents: list[str]
    known_loss: int


def upsert(connection: Connection, table: Any, rows: list[dict[str, Any]]) -> None:  # noqa: ANN401 - a table
    """Insert rows, or replace those with the same primary key."""
    if not rows:
        return
    statement = _insert_into(connection, table)
    keys = [column.name for column in table.primary_key]
    others = {name: statement.excluded[name] for name in rows[0] if name not in keys}
    connection.execute(statement.on_conflict_do_update(index_elements=keys, set_=others), rows)


def upsert_many(connection: Connection, table: Table, rows: list[dict[str, Any]]) -> None:
    """The same of thousands of rows with the same columns, in the driver's own words.

    SQLAlchemy takes longer to look at each value than the database takes to write it.
    """
    if not rows:
        return
    names, keys = list(rows[0]), [column.name for column in table.primary_key]
    mark = "?" if connection.dialect.name == "sqlite" else "%s"
    others = ", ".join(f"{name} = excluded.{name}" for name in names if name not in keys)
    statement = (
        f"INSERT INTO {table.name} ({', '.join(names)}) VALUES ({', '.join([mark] * len(names))})"  # noqa: S608 - names of our own tables
        f" ON CONFLICT ({', '.join(keys)}) DO UPDATE SET {others}"
    )
    connection.exec_driver_sql(statement, [tuple(row.values()) for row in rows])


def put_missing(connection: Connection, table: Any, rows: list[dict[str, Any]]) -> None:  # noqa: ANN401 - a table
    """Insert rows, but leave alone those whose primary key is there."""
    if rows:
        connection.execute(_insert_into(connection, table).on_conflict_do_nothing(), rows)


def _insert_into(connection: Connection, table: Any) -> Any:  # noqa: ANN401 - what both dialects have
    dialect_insert = sqlite_insert if connection.dialect.name == "sqlite" else postgresql_insert
    return dialect_insert(table)


class Checkpoints:
    """Where the state of one group is kept."""

    def __init__(self, engine: Engine, group: str) -> None:
        """Take the database and the group's name; touch nothing."""
        self.engine = engine
        self.group = group

    def save(
        self,
        state: GroupState,
        bins: Iterable[str],
        devices: Iterable[str],
        *,
        registry: bool,
        epoch: int | None = None,
    ) -> None:
        """Write the parts that changed, in one transaction, at the state's position.

        Where there is no checkpoint everything is written, since parts alone would be half a
        state. Raises `TakenOverError` where the group is no longer at the writer's `epoch`.
        """
        parts, listed = self._rows(state, bins, devices, registry=registry)
        with writing(self.engine) as connection:
            if epoch is not None:
                Journal(self.engine, self.group).lock(connection, epoch)
            if not self._exists(connection):
                parts, listed = self._rows(state, state.bins, state.devices, registry=True)
            upsert_many(connection, checkpoint, parts)
            upsert_many(connection, bin_state, listed)

    def load(self) -> GroupState:
        """The state as it was last written; where there is none, as `start` finds it."""
        return self.saved() or self.start()

    def saved(self) -> GroupState | None:
        """The checkpoint itself, if there is one."""
        with self.engine.connect() as connection:
            query = select(checkpoint.c.part, checkpoint.c.key, checkpoint.c.blob)
            rows = connection.execute(query.where(checkpoint.c.group_id == self.group)).all()
        parts: dict[str, dict[str, bytes]] = {}
        for part, key, blob in rows:
            parts.setdefault(part, {})[key] = blob
        if GROUP_PART not in parts:
            return None
        group = msgspec.msgpack.decode(parts[GROUP_PART][""], type=_GroupPart)
        if group.version != STATE_VERSION:
            message = (
                f"the checkpoint is of state version {group.version}, this is {STATE_VERSION}: "
                "run `jemput journal forget-checkpoint`; it is made anew from the journal"
            )
            raise OtherStateVersionError(message)
        devices = parts.get(DEVICE_PART, {})
        return GroupState(
            position=group.position,
            now_ms=group.now_ms,
            registry=_decode(parts.get(REGISTRY_PART, {}).get(""), Registry) or Registry(),
            devices={k: msgspec.msgpack.decode(v, type=DeviceMemory) for k, v in devices.items()},
            unbound=group.unbound,
            bins={
                key: msgspec.msgpack.decode(blob, type=BinState)
                for key, blob in parts.get(BIN_PART, {}).items()
            },
            listening=group.listening,
            clock_trusted=group.clock_trusted,
            site_incidents=group.site_incidents,
            known_loss=group.known_loss,
        )

    def start(self, upto: int | None = None) -> GroupState:
        """Where folding may begin: the newest snapshot (at or before `upto`), else nothing.

        Raises `DamagedJournalError` where the journal was pruned and no snapshot can be read.
        """
        journal = Journal(self.engine, self.group)
        first, wrong = journal.first(), ""
        for position, _ in reversed(self.snapshots()):
            if position < first - 1 or (upto is not None and position > upto):
                continue
            try:
                return self.snapshot_at(position)
            except (DamagedJournalError, ValueError, msgspec.MsgspecError) as error:
                wrong += f"; {error}"
        if first <= 1 and (first or not journal.head()):
            return GroupState()
        message = (
            f"the journal begins at entry {first} and there is no snapshot to start from{wrong}: "
            "restore a backup, or ask for a later entry"
        )
        raise DamagedJournalError(message)

    def saved_position(self) -> int | None:
        """At which entry the checkpoint stands; None where there is none."""
        query = select(checkpoint.c.blob).where(
            checkpoint.c.group_id == self.group, checkpoint.c.part == GROUP_PART
        )
        with self.engine.connect() as connection:
            blob = connection.execute(query).scalar()
        return None if blob is None else msgspec.msgpack.decode(blob, type=_GroupPart).position

    def memory_of(self, device: str) -> DeviceMemory:
        """What was known of a device when it was last written; an empty one where nothing was."""
        query = select(checkpoint.c.blob).where(
            checkpoint.c.group_id == self.group,
            checkpoint.c.part == DEVICE_PART,
            checkpoint.c.key == device,
        )
        with self.engine.connect() as connection:
            blob = connection.execute(query).scalar()
        return DeviceMemory() if blob is None else msgspec.msgpack.decode(blob, type=DeviceMemory)

    def forget(self) -> None:
        """Delete the checkpoint: the next start folds the journal from its last snapshot.

        An ingester that runs writes it whole again.
        """
        with writing(self.engine) as connection:
            connection.execute(delete(checkpoint).where(checkpoint.c.group_id == self.group))

    def save_snapshot(self, state: GroupState) -> None:
        """Keep a whole copy of the state, from which `verify`, `why` and `what-if` may start."""
        blob = dump(state)
        row = {
            "group_id": self.group,
            "position": state.position,
            "now_ms": state.now_ms,
            "checksum": checksum(state.position, blob),
            "blob": blob,
        }
        with writing(self.engine) as connection:
            upsert(connection, snapshot, [row])

    def snapshot_at(self, position: int) -> GroupState:
        """The newest snapshot at or before `position`; an empty state where there is none."""
        query = select(snapshot.c.position, snapshot.c.checksum, snapshot.c.blob).where(
            snapshot.c.group_id == self.group, snapshot.c.position <= position
        )
        with self.engine.connect() as connection:
            row = connection.execute(query.order_by(snapshot.c.position.desc()).limit(1)).first()
        if row is None:
            return GroupState()
        if checksum(row.position, row.blob) != row.checksum:
            raise DamagedJournalError(f"the snapshot at {row.position} is damaged")
        return load(row.blob)

    def snapshots(self) -> list[tuple[int, int]]:
        """Position and time of each snapshot, oldest first."""
        query = select(snapshot.c.position, snapshot.c.now_ms)
        with self.engine.connect() as connection:
            rows = connection.execute(
                query.where(snapshot.c.group_id == self.group).order_by(snapshot.c.position)
            ).all()
        return [(row.position, row.now_ms) for row in rows]

    def forget_snapshots(self, before: int) -> None:
        """Delete the snapshots before a position."""
        with writing(self.engine) as connection:
            connection.execute(
                delete(snapshot).where(
                    snapshot.c.group_id == self.group, snapshot.c.position < before
                )
            )

    def _exists(self, connection: Connection) -> bool:
        query = select(checkpoint.c.key).where(
            checkpoint.c.group_id == self.group, checkpoint.c.part == GROUP_PART
        )
        return connection.execute(query).first() is not None

    def _rows(
        self, state: GroupState, bins: Iterable[str], devices: Iterable[str], *, registry: bool
    ) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        """Parts of the checkpoint, and what the API lists."""
        bins = sorted(bins)
        parts = [self._part(GROUP_PART, "", _group_part(state))]
        if registry:
            parts.append(self._part(REGISTRY_PART, "", state.registry))
        parts += [self._part(DEVICE_PART, one, state.devices[one]) for one in sorted(devices)]
        parts += [self._part(BIN_PART, one, state.bins[one]) for one in bins]
        return parts, [self._listed(state.bins[one], state.position) for one in bins]

    def _part(self, part: str, key: str, value: object) -> dict[str, Any]:
        blob = msgspec.msgpack.encode(value)
        return {"group_id": self.group, "part": part, "key": key, "blob": blob}

    def _listed(self, state: BinState, position: int) -> dict[str, Any]:
        newest = state.newest
        return {
            "bin": state.bin,
            "group_id": self.group,
            "position": position,
            "level_percent": state.level_percent,
            "at_s": newest.at_s if newest else None,
            "silent": state.silent,
            "emptied_at_s": state.emptied_at_s,
            "battery_mv": newest.battery_mv if newest else None,
        }


def _group_part(state: GroupState) -> _GroupPart:
    return _GroupPart(
        STATE_VERSION,
        state.position,
        state.now_ms,
        state.unbound,
        state.listening,
        state.clock_trusted,
        state.site_incidents,
        state.known_loss,
    )


def _decode(blob: bytes | None, kind: type[Registry]) -> Registry | None:
    return None if blob is None else msgspec.msgpack.decode(blob, type=kind)
