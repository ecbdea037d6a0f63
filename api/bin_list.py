"""A list of bins: which, in which order, and as they were set up at which time."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Annotated, Literal

from fastapi import Depends, Query
from msgspec import json

from api.dependencies import RollOf
from api.listing import MOST, Cursor, Order, Page, Retired, Search, Value, has, page, page_by_id
from api.problems import invalid
from api.roll import Row, Seen, as_seen_by, set_up_at
from api.speaking import TownOf, ViewerOf
from api.times import parse_time
from api.viewer import Viewer
from jemput.registry import Registry

Sort = Annotated[
    Literal[
        "id",
        "-id",
        "level_percent",
        "-level_percent",
        "heard_at_s",
        "-heard_at_s",
        "halte",
        "-halte",
        "waste",
        "-waste",
    ],
    Query(description="With a minus: the other way round. What is not known comes last"),
]


def as_of(
    as_of: Annotated[
        str | None,
        Query(description="Show how bins were set up then: Unix seconds, or ISO 8601 with offset"),
    ] = None,
) -> int | None:
    """The time that is asked for. Raises the problem where it is none."""
    try:
        return None if as_of is None else parse_time(as_of)
    except ValueError as error:
        raise invalid("query.as_of", str(error)) from error


AsOf = Annotated[int | None, Depends(as_of)]


class Where:
    """Which bins are asked for."""

    def __init__(  # noqa: PLR0913, PLR0917 - what a list can be asked for
        self,
        site: Annotated[str | None, Query(description="Only of this site")] = None,
        halte: Annotated[str | None, Query(description="Only at this halte")] = None,
        zone: Annotated[str | None, Query(description="Only of this zone")] = None,
        waste: Annotated[str | None, Query(description="Only of this kind")] = None,
        level_min: Annotated[
            int | None, Query(ge=0, le=100, description="Only from this level on")
        ] = None,
        mine: Annotated[  # noqa: FBT002 - a query
            bool, Query(description="Only those that you collect, by your zones and wastes")
        ] = False,
        q: Search = None,
        retired: Retired = False,  # noqa: FBT002 - a query
    ) -> None:
        """Take what the query says."""
        self.site = site
        self.halte = halte
        self.zone = zone
        self.waste = waste
        self.level_min = level_min
        self.mine = mine
        self.search = q
        self.retired = retired

    def bins(self, seen: Seen, viewer: Viewer) -> Sequence[str]:
        """Those of them that are seen, by id."""
        found = seen.retired if self.retired else seen.in_use
        for keeps in self._tests(seen, viewer):
            found = [one for one in found if keeps(one)]
        return found

    def _tests(self, seen: Seen, viewer: Viewer) -> Iterator[Callable[[str], bool]]:
        """One for each thing that is asked for or hidden."""
        registry, rows = seen.registry, seen.rows
        if viewer.only_sites is not None:
            yield lambda one: viewer.sees_site(registry.site_of(one))
        if self.halte is not None:
            yield lambda one: registry.bins[one].halte == self.halte
        if self.waste is not None:
            yield lambda one: registry.bins[one].waste == self.waste
        if self.site is not None:
            yield lambda one: registry.site_of(one) == self.site
        if self.zone is not None:
            in_zone = set(registry.in_zone(self.zone))
            yield lambda one: registry.bins[one].halte in in_zone
        if self.mine:
            yield _served_by(viewer, seen)
        if self.search is not None:
            yield lambda one: has(self.search, one, registry.haltes[registry.bins[one].halte].name)
        if self.level_min:
            least = self.level_min
            yield lambda one: (rows[one].level_percent or 0) >= least


def _served_by(viewer: Viewer, seen: Seen) -> Callable[[str], bool]:
    """Whether a bin is of who asks: it is in their zones, or its open pickup is theirs."""
    name = viewer.user.name if viewer.user else ""
    registry, rows = seen.registry, seen.rows
    collector = registry.collectors.get(name)
    zones = collector.zones if collector else ()
    haltes = {halte for zone in zones for halte in registry.in_zone(zone)}

    def serves(one: str) -> bool:
        a_bin, pickup = registry.bins[one], rows[one].pickup
        if pickup is not None and pickup.collector == name:
            return True
        return collector is not None and a_bin.halte in haltes and collector.serves(a_bin.waste)

    return serves


class BinList:
    """Somebody who asks for bins."""

    def __init__(  # noqa: PLR0913, PLR0917 - what a list can be asked for
        self,
        viewer: ViewerOf,
        town: TownOf,
        roll: RollOf,
        where: Annotated[Where, Depends()],
        at_s: AsOf,
        sort: Sort = "id",
        limit: Annotated[
            int | None, Query(ge=1, le=MOST, description="At most so many; else all of them")
        ] = None,
        cursor: Cursor = None,
    ) -> None:
        """Take what the query says, and who asks."""
        self.viewer, self.town, self.roll = viewer, town, roll
        self.where, self.at_s, self.sort = where, at_s, sort
        self.limit, self.cursor = limit, cursor

    def as_json(self) -> bytes:
        """A `BinPage` of the bins that they see and ask for."""
        seen = self.roll.look()
        some = self._page(seen)
        about = self.town.about(seen.registry)
        sites = [one.model_dump() for one in about["sites"]]
        rows = self._rows(seen, some.items)
        return json.encode({**about, "sites": sites, "bins": rows, "next": some.next})

    def as_geojson(self) -> bytes:
        """The same bins as a `FeatureCollection`."""
        seen = self.roll.look()
        rows = self._rows(seen, self._page(seen).items)
        features = [_feature(seen.registry, one) for one in rows]
        return json.encode({"type": "FeatureCollection", "features": features})

    def _rows(self, seen: Seen, bins: Iterable[str]) -> list[Row]:
        rows = [as_seen_by(self.viewer, seen.rows[one]) for one in bins]
        if self.at_s is None:
            return rows
        return [set_up_at(seen.registry, one, self.at_s) for one in rows]

    def _page(self, seen: Seen) -> Page[str]:
        found = self.where.bins(seen, self.viewer)
        limit = self.limit or max(len(found), 1)
        by = self.sort.removeprefix("-")
        if by == "id":
            return page_by_id(found, self.sort, limit, self.cursor)
        order: Order[str] = Order(self.sort, _value(seen, by), lambda one: one)
        return page(found, order, limit, self.cursor)


def _value(seen: Seen, by: str) -> Callable[[str], Value | None]:
    rows, bins = seen.rows, seen.registry.bins
    by_name: dict[str, Callable[[str], Value | None]] = {
        "level_percent": lambda one: rows[one].level_percent,
        "heard_at_s": lambda one: rows[one].heard_at_s,
        "halte": lambda one: bins[one].halte,
        "waste": lambda one: bins[one].waste,
    }
    return by_name[by]


def _feature(registry: Registry, row: Row) -> dict[str, object]:
    halte = registry.haltes[registry.bins[row.id].halte]
    point = {"type": "Point", "coordinates": (halte.lon, halte.lat)}
    return {"type": "Feature", "id": row.id, "geometry": point, "properties": row}
