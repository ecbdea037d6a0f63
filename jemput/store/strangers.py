"""Somebody is talking: who is it? Devices that hang on no bin, and what is held of them.

The fold holds their readings until they are bound. They are read from the checkpoint, where they
are written anyway: at most half a minute late, and without a table that must agree with it.
"""

from collections.abc import Mapping, Sequence
from typing import Final

import msgspec
from msgspec import Struct
from sqlalchemy import Engine, func, select

from jemput.reading import Reading
from jemput.registry import Registry
from jemput.store.checkpoints import GROUP_PART
from jemput.store.schema import checkpoint, quarantine

MOST_LISTED: Final = 1000


class Stranger(Struct, frozen=True):
    """A device that hangs on no bin. `held` readings are given to the bin it is bound to.

    What it said that could not be taken is counted by reason in `quarantined`. Times are Unix
    seconds: of the readings where there are any, else of the messages' coming.
    """

    device: str
    held: int
    first_at_s: int
    last_at_s: int
    last_distance_mm: int | None
    last_battery_mv: int | None
    quarantined: Mapping[str, int]


class _Held(Struct):
    unbound: dict[str, list[Reading]]


class _Refused(Struct):
    counts: dict[str, int]
    first_ms: int
    last_ms: int


class Strangers:
    """The strangers of one group."""

    def __init__(self, engine: Engine, group: str) -> None:
        """Take the database and the group's name; touch nothing."""
        self.engine = engine
        self.group = group

    def listed(self, registry: Registry, now_s: int) -> Sequence[Stranger]:
        """Who speaks and hangs nowhere now, whoever spoke last first."""
        held, refused = self.held(), self._refused()
        unbound = {
            device
            for device in held.keys() | refused.keys()
            if registry.bin_of(device, now_s) is None
        }
        found = [_stranger(one, held.get(one, []), refused.get(one)) for one in unbound]
        ordered = sorted(found, key=lambda one: (-one.last_at_s, one.device))
        return ordered[:MOST_LISTED]

    def held(self) -> dict[str, list[Reading]]:
        """Readings that wait for a bin, by device."""
        query = select(checkpoint.c.blob).where(
            checkpoint.c.group_id == self.group, checkpoint.c.part == GROUP_PART
        )
        with self.engine.connect() as connection:
            blob = connection.execute(query).scalar()
        return {} if blob is None else msgspec.msgpack.decode(blob, type=_Held).unbound

    def _refused(self) -> dict[str, _Refused]:
        counted = (func.count(), func.min(quarantine.c.at_ms), func.max(quarantine.c.at_ms))
        query = select(quarantine.c.device, quarantine.c.reason, *counted).where(
            quarantine.c.group_id == self.group,
            quarantine.c.device.is_not(None),
            quarantine.c.readmitted_ms.is_(None),
        )
        found: dict[str, _Refused] = {}
        with self.engine.connect() as connection:
            rows = connection.execute(query.group_by(quarantine.c.device, quarantine.c.reason))
            for device, reason, count, first_ms, last_ms in rows:
                one = found.setdefault(device, _Refused({}, first_ms, last_ms))
                one.counts[reason] = count
                one.first_ms = min(one.first_ms, first_ms)
                one.last_ms = max(one.last_ms, last_ms)
        return found


def _stranger(device: str, held: Sequence[Reading], refused: _Refused | None) -> Stranger:
    in_time = sorted(held, key=lambda one: (one.at_s, one.identity))
    times = [one.at_s for one in in_time]
    if refused is not None:
        times += [refused.first_ms // 1000, refused.last_ms // 1000]
    last = in_time[-1] if in_time else None
    return Stranger(
        device=device,
        held=len(in_time),
        first_at_s=min(times),
        last_at_s=max(times),
        last_distance_mm=last.distance_mm if last else None,
        last_battery_mv=last.battery_mv if last else None,
        quarantined=refused.counts if refused else {},
    )
