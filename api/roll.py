"""The roll of bins: each as it is sent, kept until something of it moves.

Ten thousand bins made into JSON anew take half a second; those that moved since somebody last
looked are few. Every look asks the database what moved, so that nothing kept is ever old.
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from threading import Lock
from typing import NamedTuple

from msgspec import UNSET, Raw, Struct, UnsetType
from msgspec.structs import replace
from sqlalchemy.exc import SQLAlchemyError

from api.services import Services
from api.shapes import Band, Condition
from api.showing import show_setup
from api.town import band_of, condition_of, show_halte
from api.viewer import Viewer
from jemput.registry import Registry
from jemput.registry_moves import next_turn_s, touched
from jemput.store.bins import bin_now
from jemput.store.standing import Level, OpenPickup


class Row(Struct, frozen=True, gc=False):
    """A `BinInTown` as it is sent, or, without `setup`, a `Bin`; the pickup is for all eyes."""

    id: str
    waste: str
    halte: Raw
    state: Condition
    band: Band
    level_percent: int | None
    last_level_percent: int | None
    call_percent: int
    heard_at_s: int | None
    emptied_at_s: int | None
    battery_mv: int | None
    pickup: OpenPickup | None
    setup: Raw | UnsetType = UNSET


class Seen(NamedTuple):
    """The bins at one moment: rows by id, the retired too; and ids in order."""

    registry: Registry
    rows: Mapping[str, Row]
    in_use: Sequence[str]
    retired: Sequence[str]


class Place(Struct, frozen=True, gc=False):
    """What of a row changes with the registry only, as it is sent."""

    halte: Raw
    setup: Raw


class Roll:
    """One for a process. What is handed out is shared, and never changed."""

    def __init__(self, services: Services) -> None:
        """Look at nothing yet."""
        self._services = services
        self._lock = Lock()
        self._seen = Seen(Registry(), {}, (), ())
        self._places: dict[str, Place] = {}
        self._turns: dict[str, int] = {}
        self._levels: Mapping[str, Level] = {}
        self._pickups: Mapping[str, OpenPickup] = {}

    def warm(self) -> None:
        """Look before anybody asks; a database that does not answer is asked again by them."""
        with suppress(SQLAlchemyError):
            self.look()

    def look(self) -> Seen:
        """Every bin as it stands now."""
        with self._lock:
            registry = self._services.registry.look()
            levels, pickups = self._services.bins.look()
            moved = self._replaced(registry, self._services.clock.now_ms() // 1000)
            moved |= _differing(self._levels, levels) | _differing(self._pickups, pickups)
            if moved or registry is not self._seen.registry:
                self._write(registry, moved, levels, pickups)
            self._levels, self._pickups = levels, pickups
            return self._seen

    def _replaced(self, registry: Registry, now_s: int) -> set[str]:
        """Bins that are set up another way, their places made anew."""
        moved = {one for one, turn_s in self._turns.items() if turn_s <= now_s}
        if registry is not self._seen.registry:
            moved |= touched(self._seen.registry, registry)
        haltes: dict[str, Raw] = {}
        for one in moved:
            halte = registry.haltes[registry.bins[one].halte]
            if halte.id not in haltes:
                haltes[halte.id] = Raw(show_halte(halte).model_dump_json())
            self._places[one] = Place(haltes[halte.id], _setup(registry, one, now_s))
            self._turns.pop(one, None)
            if (turn_s := next_turn_s(registry, one, now_s)) is not None:
                self._turns[one] = turn_s
        return moved

    def _write(
        self,
        registry: Registry,
        moved: set[str],
        levels: Mapping[str, Level],
        pickups: Mapping[str, OpenPickup],
    ) -> None:
        rows = dict(self._seen.rows)
        for one in moved & self._places.keys():
            rows[one] = _row(registry, one, self._places[one], levels.get(one), pickups.get(one))
        if registry is self._seen.registry:
            self._seen = self._seen._replace(rows=rows)
            return
        in_use: list[str] = []
        retired: list[str] = []
        for one in sorted(registry.bins):
            (in_use if registry.retired_s("bin", one) is None else retired).append(one)
        self._seen = Seen(registry, rows, in_use, retired)


def as_seen_by(viewer: Viewer, row: Row) -> Row:
    """A row of a site that they see, without a pickup that is not for their eyes."""
    if row.pickup is None or viewer.only_collector in {None, row.pickup.collector}:
        return row
    return replace(row, pickup=None)


def set_up_at(registry: Registry, row: Row, at_s: int) -> Row:
    """A row as it stands now, of a bin as it was set up then."""
    return replace(row, setup=_setup(registry, row.id, at_s))


def _setup(registry: Registry, bin_id: str, at_s: int) -> Raw:
    return Raw(show_setup(registry, bin_id, at_s).model_dump_json())


def _row(
    registry: Registry, bin_id: str, place: Place, level: Level | None, opened: OpenPickup | None
) -> Row:
    now = bin_now(registry, bin_id, level, opened)
    condition = condition_of(now)
    known = now.level_percent if condition is Condition.OK else None
    return Row(
        bin_id,
        now.bin.waste,
        place.halte,
        condition,
        band_of(now, known),
        known,
        now.level_percent,
        now.policy.call_percent,
        now.at_s,
        now.emptied_at_s,
        now.battery_mv,
        opened,
        place.setup,
    )


def _differing(before: Mapping[str, object], after: Mapping[str, object]) -> set[str]:
    """Whose value is another one, or gone."""
    if before is after:
        return set()
    gone = before.keys() - after.keys()
    fresh = ((key, before.get(key), value) for key, value in after.items())
    return gone | {key for key, was, value in fresh if was is not value and was != value}
