"""Lists in pages: in an order, from where the page before ended.

A cursor says behind what to go on, not how many to skip: what is added or retired meanwhile
makes nothing come twice and leaves nothing out.
"""

import base64
import binascii
import heapq
import json
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Sequence
from typing import Annotated, Final, Generic, NamedTuple, TypeVar

from fastapi import Query

from api.problems import invalid

MOST: Final = 1000
USUAL: Final = 100
LONGEST: Final = 1000
Item = TypeVar("Item")
Value = str | int | float
Rank = tuple[bool, Value, str]

Cursor = Annotated[
    str | None, Query(max_length=LONGEST, description="`next` of the page before, as it is")
]
Limit = Annotated[int, Query(ge=1, le=MOST, description="At most so many")]
Search = Annotated[
    str | None, Query(alias="q", max_length=100, description="What id or name has in it")
]
Retired = Annotated[bool, Query(description="Those out of use, instead of those in use")]


class Page(NamedTuple, Generic[Item]):
    """Some of a list, and where the next page begins; None where there is none."""

    items: list[Item]
    next: str | None


class Order(NamedTuple, Generic[Item]):
    """An order: by a value, which may be unknown and then comes last; and then by id.

    `name` is what was asked for; with a minus in front it is the other way round.
    """

    name: str
    value: Callable[[Item], Value | None]
    id: Callable[[Item], str]

    @property
    def is_down(self) -> bool:
        """Whether the highest comes first."""
        return self.name.startswith("-")

    def rank(self, item: Item) -> Rank:
        """What is compared."""
        value = self.value(item)
        return (value is None) is not self.is_down, 0 if value is None else value, self.id(item)


def page(items: Iterable[Item], order: Order[Item], limit: int, cursor: str | None) -> Page[Item]:
    """The items behind a cursor. Raises the problem where that is none of this order."""
    ranked = [(order.rank(item), item) for item in items]
    if cursor is not None:
        behind = _read(cursor, order.name)
        try:
            ranked = [one for one in ranked if _follows(one[0], behind, down=order.is_down)]
        except TypeError:  # a value of another order: somebody made it up
            raise _no_cursor() from None
    pick = heapq.nlargest if order.is_down else heapq.nsmallest
    found = pick(limit + 1, ranked, key=lambda one: one[0])
    more = _write(order.name, found[limit - 1][0]) if len(found) > limit else None
    return Page([item for _, item in found[:limit]], more)


def page_by_id(ids: Sequence[str], order: str, limit: int, cursor: str | None) -> Page[str]:
    """As `page`, of ids that are in order already, by `id` or `-id`."""
    is_down = order.startswith("-")
    begin, end = 0, len(ids)
    if cursor is not None:
        behind = _read(cursor, order)[2]
        if is_down:
            end = bisect_left(ids, behind)
        else:
            begin = bisect_right(ids, behind)
    if end - begin <= limit:
        found, more = ids[begin:end], False
    elif is_down:
        found, more = ids[end - limit : end], True
    else:
        found, more = ids[begin : begin + limit], True
    items = list(reversed(found)) if is_down else list(found)
    return Page(items, _write(order, (is_down, items[-1], items[-1])) if more else None)


def _follows(rank: Rank, other: Rank, *, down: bool) -> bool:
    return rank < other if down else rank > other


def has(text: str | None, *names: str) -> bool:
    """Whether one of the names has the text in it, whatever its case."""
    return text is None or any(text.casefold() in name.casefold() for name in names)


def _write(order: str, rank: Rank) -> str:
    told = json.dumps([order, *rank], separators=(",", ":"))
    return base64.urlsafe_b64encode(told.encode()).decode().rstrip("=")


def _read(cursor: str, order: str) -> Rank:
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        name, last, value, thing_id = json.loads(base64.urlsafe_b64decode(padded.encode("ascii")))
    except (ValueError, TypeError, binascii.Error, RecursionError):
        raise _no_cursor() from None
    fits = isinstance(last, bool) and isinstance(value, Value) and isinstance(thing_id, str)
    if name != order or not fits:
        raise _no_cursor()
    return last, value, thing_id


def _no_cursor() -> Exception:
    return invalid("query.cursor", "give `next` of a page of this very order, or leave it out")
