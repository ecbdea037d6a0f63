"""Whoever looks at the registry: what they see of it, one thing or a page of them."""

from collections.abc import Callable
from typing import Annotated, Literal

from fastapi import Query, Response
from pydantic import BaseModel

from api import problems
from api.dependencies import ServicesOf
from api.etags import answer, tag_of
from api.listing import USUAL, Cursor, Limit, Order, Page, Retired, Search, has, page
from api.problems import ProblemError
from api.seeing import is_seen
from api.speaking import ViewerOf
from jemput.changes import Retirable
from jemput.registry import Registry

Sort = Annotated[
    Literal["id", "-id", "name", "-name"], Query(description="With a minus: the other way round")
]


class Asked:
    """Which of the things, in which order."""

    def __init__(
        self,
        q: Search = None,
        retired: Retired = False,  # noqa: FBT002 - a query
        sort: Sort = "id",
        limit: Limit = USUAL,
        cursor: Cursor = None,
    ) -> None:
        """Take what the query says."""
        self.search = q
        self.retired = retired
        self.sort = sort
        self.limit = limit
        self.cursor = cursor


class Reader:
    """Somebody who looks at sites, haltes, zones or collectors."""

    def __init__(self, services: ServicesOf, viewer: ViewerOf) -> None:
        """Take who is speaking."""
        self.viewer = viewer
        self.registry: Registry = services.registry.look()

    def page(
        self, kind: Retirable, asked: Asked, where: Callable[[str], bool] = lambda _: True
    ) -> Page[str]:
        """The ids of those that they see and ask for."""
        names = {
            one.id: str(getattr(one, "name", one.id)) for one in self.registry.things(kind).values()
        }
        found = (
            one
            for one, name in names.items()
            if is_seen(self.registry, self.viewer, kind, one)
            and asked.retired is not self.registry.is_live(kind, one)
            and has(asked.search, one, name)
            and where(one)
        )
        by_name = asked.sort.endswith("name")
        order: Order[str] = Order(
            asked.sort, lambda one: names[one].casefold() if by_name else one, lambda one: one
        )
        return page(found, order, asked.limit, asked.cursor)

    def one(
        self, kind: Retirable, thing_id: str, show: Callable[[Registry, str], BaseModel]
    ) -> Response:
        """One thing with its tag. Raises the problem where there is none that they see."""
        if not is_seen(self.registry, self.viewer, kind, thing_id):
            raise unknown(kind, thing_id)
        shown = show(self.registry, thing_id)
        return answer(shown, tag_of(shown))


def unknown(kind: Retirable, thing_id: str) -> ProblemError:
    """There is no such thing, or it is hidden."""
    return ProblemError(problems.NOT_FOUND, f"there is no {kind} {thing_id!r}")
