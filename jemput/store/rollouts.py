"""Releases on their way to devices: published once, opened a stage after the other, or stopped."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Final

from msgspec import Struct
from sqlalchemy import ColumnElement, Connection, Engine, Row, and_, func, insert, select, update

from jemput.remote import update as updates
from jemput.remote.rollout import Course, Judged, Stages, Verdict, judge
from jemput.remote.update import Release
from jemput.store import audit
from jemput.store.checkpoints import put_missing
from jemput.store.database import writing
from jemput.store.registry import RegistryStore
from jemput.store.schema import device_word, rollout, update_piece
from jemput.store.words import Word, Words, put

SILENT: Final = 1_000
"""The stage of those that nobody waits for."""


class State(StrEnum):
    """Where a rollout stands."""

    RUNNING = "running"
    DONE = "done"
    STOPPED = "stopped"


class RolloutError(ValueError):
    """It cannot be begun or stopped; the message says why."""


class Rollout(Struct, frozen=True):
    """One release on its way. `stage` is the last that is open; `silent` are told at the end."""

    number: int
    version: str
    digest: str
    state: State
    stage: int
    opened_s: int
    patience_s: int
    made_at_s: int
    by: str
    why: str | None
    stages: Stages


class Rollouts:
    """The rollouts of one group; one runs at a time."""

    def __init__(self, registry: RegistryStore) -> None:
        """Take the group's registry; touch nothing."""
        self.engine: Engine = registry.engine
        self.group = registry.group
        self.words = Words(registry)

    def list(self) -> Sequence[Rollout]:
        """All there were, newest first."""
        mine = rollout.c.group_id == self.group
        query = select(rollout).where(mine).order_by(rollout.c.number.desc())
        with self.engine.connect() as connection:
            rows = connection.execute(query).all()
            return [_read(row, self._stages(connection, row.number)) for row in rows]

    def publish(  # noqa: PLR0913 - what a rollout is made of
        self,
        release: Release,
        keys: Mapping[str, bytes],
        stages: Stages,
        *,
        patience_s: int,
        by: str,
        now_ms: int,
    ) -> int:
        """Begin with the first stage; the number of the release.

        `keys` are the devices' own. Raises `RolloutError` or `UnreachableDeviceError`.
        """
        told = [*enumerate(stages.waited), (SILENT, stages.silent)]
        self.words.reachable(one for _, devices in told for one in devices)
        with writing(self.engine) as connection:
            if running := self._running(connection):
                message = (
                    f"release {running.number} is on its way: stop it, or wait until it is done"
                )
                raise RolloutError(message)
            number = self._next_number(connection)
            self._put_pieces(connection, release)
            for stage, devices in told:
                for device in devices:
                    payload = updates.manifest(release, number, device, keys[device])
                    word = Word(device, "update", number, payload, by, now_ms, stage=stage)
                    put(connection, self.group, word)
            self._begin(connection, number, release, patience_s, by, now_ms)
            shown = {"version": release.version, "list": release.digest, "stages": stages}
            change = audit.Change("published", "release", str(number), None, shown)
            audit.note(connection, by, now_ms, change)
        return number

    def stop(self, number: int, why: str, *, by: str, now_ms: int) -> None:
        """Tell nobody else, and take back what was told. Raises `RolloutError`."""
        with writing(self.engine) as connection:
            running = self._running(connection)
            if running is None or running.number != number:
                raise RolloutError(f"release {number} is not on its way: list the rollouts")
            self._stop(connection, running, why, by, now_ms)

    def advance(self, now_ms: int, by: str) -> Judged | None:
        """Look whether the open stage came back; the verdict, None where nothing runs."""
        with self.engine.connect() as connection:
            running = self._running(connection)
        if running is None:
            return None
        verdict = self._judge(running, now_ms)
        if verdict.verdict is Verdict.WAIT:
            return verdict
        with writing(self.engine) as connection:
            again = self._running(connection)
            if again is None or again.number != running.number or again.stage != running.stage:
                return None
            if verdict.verdict is Verdict.STOP:
                self._stop(connection, running, verdict.why, by, now_ms)
            else:
                self._move(connection, running, verdict.verdict, by, now_ms)
        return verdict

    def _begin(  # noqa: PLR0913, PLR0917 - the columns of a row
        self,
        connection: Connection,
        number: int,
        release: Release,
        patience_s: int,
        by: str,
        now_ms: int,
    ) -> None:
        row = {
            "group_id": self.group,
            "number": number,
            "version": release.version,
            "digest": release.digest,
            "state": State.RUNNING.value,
            "stage": 0,
            "opened_ms": now_ms,
            "patience_ms": patience_s * 1000,
            "made_ms": now_ms,
            "made_by": by,
        }
        connection.execute(insert(rollout).values(**row))

    def _judge(self, running: Rollout, now_ms: int) -> Judged:
        said = {device: one.said for device, one in self.words.statuses.all().items()}
        course = Course(running.number, running.stage, running.opened_s, running.patience_s)
        return judge(course, running.stages.waited, said, now_ms // 1000)

    def _move(
        self, connection: Connection, running: Rollout, verdict: Verdict, by: str, now_ms: int
    ) -> None:
        values: dict[str, object] = {"state": State.DONE.value, "stage": SILENT}
        if verdict is Verdict.WIDER:
            values = {"stage": running.stage + 1, "opened_ms": now_ms}
        connection.execute(update(rollout).where(self._is(running.number)).values(**values))
        what = "finished" if verdict is Verdict.DONE else "widened"
        change = audit.Change(what, "release", str(running.number), None, values)
        audit.note(connection, by, now_ms, change)

    def _stop(
        self, connection: Connection, running: Rollout, why: str, by: str, now_ms: int
    ) -> None:
        values = {"state": State.STOPPED.value, "why": why}
        connection.execute(update(rollout).where(self._is(running.number)).values(**values))
        words = and_(
            device_word.c.group_id == self.group,
            device_word.c.kind == "update",
            device_word.c.number == running.number,
            device_word.c.said_ms.is_not(None),
        )
        taken_back = {"payload": b"", "said_ms": None}
        connection.execute(update(device_word).where(words).values(**taken_back))
        change = audit.Change("stopped", "release", str(running.number), None, {"why": why})
        audit.note(connection, by, now_ms, change)

    def _put_pieces(self, connection: Connection, release: Release) -> None:
        rows = [
            {
                "group_id": self.group,
                "digest": digest,
                "number": number,
                "content": piece,
                "said_ms": None,
            }
            for digest, content in release.pieces.items()
            for number, piece in enumerate(updates.chunks(content))
        ]
        put_missing(connection, update_piece, rows)

    def _next_number(self, connection: Connection) -> int:
        """Above all that a device may have had, also from a database that is gone."""
        query = select(func.max(rollout.c.number)).where(rollout.c.group_id == self.group)
        known = [connection.execute(query).scalar() or 0]
        for one in self.words.statuses.all().values():
            known += [one.said.release, one.said.update[0] if one.said.update else 0]
        return max(known) + 1

    def _running(self, connection: Connection) -> Rollout | None:
        mine = (rollout.c.group_id == self.group) & (rollout.c.state == State.RUNNING.value)
        row = connection.execute(select(rollout).where(mine)).first()
        return None if row is None else _read(row, self._stages(connection, row.number))

    def _stages(self, connection: Connection, number: int) -> Stages:
        query = select(device_word.c.device, device_word.c.stage).where(
            device_word.c.group_id == self.group,
            device_word.c.kind == "update",
            device_word.c.number == number,
        )
        found: dict[int, list[str]] = {}
        for device, stage in connection.execute(query.order_by(device_word.c.id)):
            found.setdefault(stage, []).append(device)
        silent = found.pop(SILENT, [])
        return Stages([found[stage] for stage in sorted(found)], silent)

    def _is(self, number: int) -> ColumnElement[bool]:
        return (rollout.c.group_id == self.group) & (rollout.c.number == number)


def _read(row: Row[tuple[object, ...]], stages: Stages) -> Rollout:
    return Rollout(
        number=row.number,
        version=row.version,
        digest=row.digest,
        state=State(row.state),
        stage=row.stage,
        opened_s=row.opened_ms // 1000,
        patience_s=row.patience_ms // 1000,
        made_at_s=row.made_ms // 1000,
        by=row.made_by,
        why=row.why,
        stages=stages,
    )
