"""The registry as it is now, and the only way to change it."""

from collections.abc import Callable, Iterable, Sequence
from threading import Lock
from typing import Any, Final

import msgspec
import structlog
from sqlalchemy import Connection, Engine, func, select, update

from jemput.changes import Change, Retire
from jemput.entry import Changed
from jemput.registry import Registry
from jemput.store import audit, registry_notes, registry_rows
from jemput.store import journal as journals
from jemput.store.checkpoints import upsert
from jemput.store.database import writing
from jemput.store.outbox import Delivery
from jemput.store.pickups import lock_group
from jemput.store.schema import outbox, thing

CHANGES_AT_ONCE: Final = 100
"""So many changes in one transaction, so that nobody waits long for the database."""

_log: Final = structlog.get_logger(__name__)


class RefusedChangeError(ValueError):
    """A change that cannot be taken; the message says what to do."""


class RegistryStore:
    """The registry of one group. What was read is kept, and only what changed is read again."""

    def __init__(self, engine: Engine, group: str) -> None:
        """Take the database and the group's name; touch nothing."""
        self.engine = engine
        self.group = group
        self._seen = Registry()
        self._revision = -1
        self._lock = Lock()

    def read(self) -> Registry:
        """The whole registry, with changes that the fold has not taken yet; one's own to change."""
        return self.look().copy()

    def look(self) -> Registry:
        """The same, shared with others: to be looked at and never changed."""
        with self.engine.connect() as connection:
            return self._look(connection)

    def change(self, changes: Iterable[Change], *, by: str, now_ms: int) -> None:
        """Take changes in order; each takes effect in the fold with the writer's next entry.

        Each is in the audit log as `by`'s, at `now_ms`. Raises `RefusedChangeError` at the first
        that cannot be taken; whole parts of `CHANGES_AT_ONCE` before it stay.
        """
        waiting = list(changes)
        for start in range(0, len(waiting), CHANGES_AT_ONCE):
            some = waiting[start : start + CHANGES_AT_ONCE]
            self.decide(lambda _, some=some: some, by=by, now_ms=now_ms)  # type: ignore[misc]

    def decide(
        self, decide: Callable[[Registry], Sequence[Change]], *, by: str, now_ms: int
    ) -> Registry:
        """Take what `decide` makes of the registry as it is now; return what became of it.

        Nobody changes it in between. All of the changes are taken, or none: `decide` may raise,
        and `RefusedChangeError` is raised where one cannot be taken.
        """
        with writing(self.engine) as connection:
            lock_group(connection, self.group)
            registry = self._look(connection)
            return self._take(connection, registry, decide(registry), by, now_ms)

    def _take(
        self,
        connection: Connection,
        known: Registry,
        changes: Sequence[Change],
        by: str,
        now_ms: int,
    ) -> Registry:
        registry = known.copy()
        lines = []
        rows: dict[tuple[str, str], dict[str, Any]] = {}
        for change in changes:
            before = registry_notes.told(registry, change.thing)
            refused = registry.apply(change)
            if refused is not None:
                raise RefusedChangeError(refused)
            after = registry_notes.told(registry, change.thing)
            lines.append(registry_notes.line(change, before, after))
            rows |= {(row["kind"], row["id"]): row for row in registry_rows.rows(registry, change)}
        journals.say_all(connection, self.group, [Changed(one) for one in changes])
        audit.note_all(connection, by, now_ms, lines)
        _keep(connection, self.group, rows.values(), changes)
        return registry

    def _look(self, connection: Connection) -> Registry:
        """What is kept, brought up to what the connection sees.

        Whoever changes things raises the revision under the group's lock, so that nobody sees a
        revision before one that is lower.
        """
        with self._lock:
            seen, revision = self._seen, self._revision
        of_group = thing.c.group_id == self.group
        newer = select(thing.c.kind, thing.c.id, thing.c.blob, thing.c.revision)
        rows = connection.execute(newer.where(of_group, thing.c.revision > revision)).all()
        if not rows:
            return seen
        fresh = seen.copy()
        for row in rows:
            _put(fresh, row)
        revision = max(row.revision for row in rows)
        with self._lock:
            if revision > self._revision:
                self._seen, self._revision = fresh, revision
        return fresh


def _put(registry: Registry, row: Any) -> None:  # noqa: ANN401 - a row of `thing`
    """One row that nobody can read is said, and stops neither alerts nor the API."""
    try:
        registry_rows.put(registry, row.kind, row.id, row.blob)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        again = "put the thing once more over the API, or restore a backup"
        _log.error(
            "registry_row_unreadable", thing=f"{row.kind}/{row.id}", do=again, why=str(error)
        )


def write_change(connection: Connection, group: str, change: Change, registry: Registry) -> None:
    """Keep what a change made of `registry`, which has taken it. The caller holds the lock."""
    _keep(connection, group, registry_rows.rows(registry, change), [change])


def _keep(
    connection: Connection,
    group: str,
    rows: Iterable[dict[str, Any]],
    changes: Iterable[Change],
) -> None:
    newest = select(func.max(thing.c.revision)).where(thing.c.group_id == group)
    revision = (connection.execute(newest).scalar() or 0) + 1
    upsert(connection, thing, [row | {"group_id": group, "revision": revision} for row in rows])
    for change in changes:
        if isinstance(change, Retire) and change.kind == "collector":
            _tell_no_more(connection, group, change.id)


def _tell_no_more(connection: Connection, group: str, collector: str) -> None:
    """What waits for a retired collector does not leave any more."""
    waits = (
        (outbox.c.group_id == group)
        & (outbox.c.recipient == collector)
        & (outbox.c.state == Delivery.WAITING.value)
    )
    connection.execute(update(outbox).where(waits).values(state=Delivery.OVERTAKEN.value))
