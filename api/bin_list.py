"""A list of bins: which, in which order, and as they were set up at which time."""

from collections.abc import Callable
from typing import Annotated, Any, Final, Literal

from fastapi import Depends, Query
from sqlalchemy import Row

from api.bin_shapes import BinInTown, BinPage
from api.dependencies import ServicesOf
from api.listing import MOST, Cursor, Order, Page, Retired, Search, Value, has, page
from api.problems import invalid
from api.showing import show_bin_in_town
from api.speaking import TownOf, ViewerOf
from api.times import parse_time
from jemput.registry import Registry

State = Row[Any]
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
        q: Search = None,
        retired: Retired = False,  # noqa: FBT002 - a query
    ) -> None:
        """Take what the query says."""
        self.site = site
        self.halte = halte
        self.zone = zone
        self.waste = waste
        self.level_min = level_min
        self.search = q
        self.retired = retired

    def bins(self, registry: Registry) -> list[str]:
        """Those that the registry alone can tell."""
        in_zone = set(registry.in_zone(self.zone)) if self.zone is not None else None
        return [
            one.id
            for one in registry.bins.values()
            if self.retired is not registry.is_live("bin", one.id)
            and self.halte in {None, one.halte}
            and self.waste in {None, one.waste}
            and self.site in {None, registry.haltes[one.halte].site}
            and (in_zone is None or one.halte in in_zone)
            and has(self.search, one.id, registry.haltes[one.halte].name)
        ]


class BinList:
    """Somebody who asks for bins."""

    def __init__(  # noqa: PLR0913, PLR0917 - what a list can be asked for
        self,
        services: ServicesOf,
        viewer: ViewerOf,
        town: TownOf,
        where: Annotated[Where, Depends()],
        at_s: AsOf,
        sort: Sort = "id",
        limit: Annotated[
            int | None, Query(ge=1, le=MOST, description="At most so many; else all of them")
        ] = None,
        cursor: Cursor = None,
    ) -> None:
        """Take what the query says, and who asks."""
        self.services, self.viewer, self.town = services, viewer, town
        self.where, self.at_s, self.sort = where, at_s, sort
        self.limit, self.cursor = limit, cursor
        self.registry = services.registry.look()

    def answer(self) -> BinPage:
        """The bins that they see and ask for."""
        some = self._page()
        at_s = self.town.now_s() if self.at_s is None else self.at_s
        shown: list[BinInTown] = [
            show_bin_in_town(self.registry, one, self.viewer, at_s)
            for one in self.services.bins.list(self.registry, some.items)
        ]
        about = self.town.about(self.registry)
        return BinPage(**about, bins=shown, next=some.next)

    def _page(self) -> Page[str]:
        registry, where = self.registry, self.where
        found = [
            one for one in where.bins(registry) if self.viewer.sees_site(registry.site_of(one))
        ]
        by = self.sort.removeprefix("-")
        states = self.services.bins.states() if by in OF_STATE or where.level_min else {}
        if where.level_min:
            least = where.level_min
            found = [one for one in found if (known_level(states.get(one)) or 0) >= least]

        def value(one: str) -> Value | None:
            if by in OF_STATE:
                return OF_STATE[by](states.get(one))
            return {"halte": registry.bins[one].halte, "waste": registry.bins[one].waste}.get(
                by, one
            )

        limit = self.limit or max(len(found), 1)
        return page(found, Order(self.sort, value, lambda one: one), limit, self.cursor)


def known_level(state: State | None) -> int | None:
    """A level as it is shown: none of a bin that is silent."""
    if state is None or state.silent:
        return None
    level: int | None = state.level_percent
    return level


OF_STATE: Final[dict[str, Callable[[State | None], Value | None]]] = {
    "level_percent": known_level,
    "heard_at_s": lambda state: state.at_s if state is not None else None,
}
