"""Makers of panels. None of them makes a panel that says too little, or asks for another shape."""

from typing import Final, Literal

import msgspec
from grafana_foundation_sdk.models import units
from msgspec import Struct

from dashboards.queries import Query, Shape, check
from dashboards.thresholds import PLAIN, Steps

Kind = Literal["timeseries", "stat", "bargauge", "table", "geomap"]
SHAPES: Final[dict[Kind, Shape]] = {
    "timeseries": "series",
    "stat": "number",
    "bargauge": "number",
    "table": "table",
    "geomap": "table",
}
UNITS: Final = frozenset(value for value in vars(units).values() if isinstance(value, str))
"""Ids of Grafana's units. One that it does not know it shows as a word behind the number."""
GRID: Final = 24


class BadPanelError(ValueError):
    """A panel that would not say what it has to."""


class Column(Struct, frozen=True):
    """A column of a table: the field, its name's key, and how its numbers are to be read."""

    field: str
    name: str
    unit: str = "none"
    steps: Steps = PLAIN
    link: str = ""
    values: str = ""
    """What kind of values these are, where they have words: `state`."""


class Panel(Struct, frozen=True):
    """A panel before it is drawn. `names` maps fields or lines to keys of names."""

    key: str
    kind: Kind
    queries: tuple[Query, ...]
    unit: str
    steps: Steps = PLAIN
    columns: tuple[Column, ...] = ()
    names: dict[str, str] = msgspec.field(default_factory=dict)
    join_by: str = ""
    most: float | None = None
    width: int = 12
    height: int = 8
    stacked: bool = False
    band: bool = False
    """Whether the thresholds are drawn behind the lines."""
    values: str = ""
    """As of a column, for all numbers."""
    labels: str = ""
    """What kind of values the lines or bars are called by."""
    sorted_by: str = ""
    """A column; the largest comes first where `-` stands before it."""
    in_bars: bool = False
    """Whether each point is a bar: a count of a week is no line."""

    def __post_init__(self) -> None:
        """Refuse what Grafana would take, and show as something else."""
        for unit in (self.unit, *(column.unit for column in self.columns)):
            if unit not in UNITS:
                raise BadPanelError(f"panel {self.key}: {unit!r} is no unit of Grafana's")
        if not self.queries:
            raise BadPanelError(f"panel {self.key} asks nothing: give it a query")
        if not 0 < self.width <= GRID or self.height < 1:
            raise BadPanelError(f"panel {self.key} does not fit a grid {GRID} wide")
        for query in self.queries:
            check(query)
            if query.shape != SHAPES[self.kind]:
                wanted = SHAPES[self.kind]
                message = f"panel {self.key}: a {self.kind} shows a {wanted}, not a {query.shape}"
                raise BadPanelError(message)
        self._check_columns()

    def _check_columns(self) -> None:
        asked = {"time", *(column for query in self.queries for column in query.columns)}
        more = {self.join_by, self.sorted_by.removeprefix("-")} - {""}
        wanted = {column.field for column in self.columns} | more
        if missing := sorted(wanted - asked):
            raise BadPanelError(f"panel {self.key} shows columns no query names: {missing}")


def stat(  # noqa: PLR0913 - what a number is, and how it is to be read
    key: str,
    *queries: Query,
    unit: str,
    steps: Steps,
    width: int = 4,
    height: int = 4,
    values: str = "",
) -> Panel:
    """One number, coloured by what it means."""
    return Panel(key, "stat", queries, unit, steps, width=width, height=height, values=values)


def lines(  # noqa: PLR0913 - what a line is, and how it is to be read
    key: str,
    *queries: Query,
    unit: str,
    steps: Steps = PLAIN,
    names: dict[str, str] | None = None,
    most: float | None = None,
    stacked: bool = False,
    labels: str = "",
    in_bars: bool = False,
    width: int = 12,
) -> Panel:
    """Numbers over time; thresholds that mean something are a band behind them."""
    named = names or {}
    band = steps is not PLAIN
    return Panel(
        key,
        "timeseries",
        queries,
        unit,
        steps,
        names=named,
        most=most,
        width=width,
        stacked=stacked,
        band=band,
        labels=labels,
        in_bars=in_bars,
    )


def bars(  # noqa: PLR0913 - what a bar is, and how it is to be read
    key: str,
    *queries: Query,
    unit: str,
    steps: Steps,
    width: int = 12,
    height: int = 8,
    labels: str = "",
) -> Panel:
    """A bar for each label, one below the other."""
    return Panel(key, "bargauge", queries, unit, steps, width=width, height=height, labels=labels)


def table(  # noqa: PLR0913 - what a table is, and how it is to be read
    key: str,
    *queries: Query,
    columns: tuple[Column, ...],
    join_by: str = "",
    sorted_by: str = "",
    width: int = 24,
    height: int = 10,
) -> Panel:
    """Rows; those of several queries are joined by the field that all of them have."""
    return Panel(
        key,
        "table",
        queries,
        "none",
        columns=columns,
        join_by=join_by,
        width=width,
        height=height,
        sorted_by=sorted_by,
    )


def town_map(key: str, *queries: Query, columns: tuple[Column, ...], join_by: str) -> Panel:
    """A marker for each row, at its `lat` and `lon`; the first column colours it."""
    return Panel(
        key,
        "geomap",
        queries,
        columns[0].unit,
        columns[0].steps,
        columns,
        join_by=join_by,
        width=24,
        height=14,
    )
