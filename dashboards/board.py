"""Dashboards: panels under headings, with a name that stays and choices at the top."""

import json
from collections.abc import Iterable, Iterator
from typing import Any, Final

from grafana_foundation_sdk.builders import dashboard
from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.cog.variants import Dataquery
from grafana_foundation_sdk.models import dashboard as model
from grafana_foundation_sdk.models.common import DataSourceRef
from msgspec import Struct

from dashboards.drawing import draw
from dashboards.packed import PAGE, PAGE_VARIABLE
from dashboards.palette import SERIES
from dashboards.panels import Panel
from dashboards.sources import INFLUX_UID, PROMETHEUS_UID, UID
from dashboards.targets import INFLUX, PROMETHEUS, alarm_mark, mark
from dashboards.words import Words
from jemput.ids import check_id

TAG: Final = "jemput"
ALL: Final = ".*"
SOURCES: Final = (
    ("influx", "influxdb", INFLUX_UID),
    ("prometheus", "prometheus", PROMETHEUS_UID),
)


class DuplicateError(ValueError):
    """Two things of one name: one would silently take the other's place."""


class Row(Struct, frozen=True):
    """A heading, and the panels below it."""

    key: str
    panels: tuple[Panel, ...]


class Choice(Struct, frozen=True):
    """A variable at the top, filled by an InfluxQL query of tag values."""

    name: str
    query: str
    many: bool = True


class Board(Struct, frozen=True):
    """A dashboard before it is drawn. `key` makes its uid, so links to it stay."""

    key: str
    rows: tuple[Row, ...]
    choices: tuple[Choice, ...] = ()
    since: str = "now-24h"
    refresh: str = "1m"
    marks: tuple[tuple[str, str], ...] = ()
    """Annotations: the key of a name, and an InfluxQL query of `title` and `text`."""
    alarms: bool = False
    """Whether what Prometheus called an alert is annotated."""
    page: bool = False
    """Whether it links to the API's page, whose address is a variable."""

    def __post_init__(self) -> None:
        """Refuse two panels, rows or choices of one name."""
        check_id("dashboard", self.uid)
        unique(f"dashboard {self.key}: row", (row.key for row in self.rows))
        unique(f"dashboard {self.key}: panel", (panel.key for panel in self.panels()))
        unique(f"dashboard {self.key}: choice", (choice.name for choice in self.choices))

    @property
    def uid(self) -> str:
        """The same for ever."""
        return UID + self.key

    def panels(self) -> Iterator[Panel]:
        """All of them."""
        for row in self.rows:
            yield from row.panels


def unique(what: str, names: Iterable[str]) -> None:
    """Raise `DuplicateError` at the first name that comes again."""
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise DuplicateError(f"{what} {name!r} is there twice: give one another name")
        seen.add(name)


def rendered(board: Board, words: Words) -> dict[str, Any]:
    """A dashboard as Grafana imports it."""
    made = dashboard.Dashboard(words.board(board.key)).uid(board.uid).tags([TAG])
    made.time(board.since, "now").refresh(board.refresh).timezone("browser").readonly()
    made.tooltip(model.DashboardCursorSync.CROSSHAIR).link(_others(words))
    for name, kind, uid in SOURCES:
        made.with_variable(_source(name, kind, uid, words))
    for choice in board.choices:
        made.with_variable(_choice(choice, words))
    if board.page:
        made.with_variable(dashboard.ConstantVariable(PAGE_VARIABLE).value(PAGE))
    for name, query in board.marks:
        made.annotation(_mark(words.name(name), INFLUX, mark(query)))
    if board.alarms:
        made.annotation(_mark(words.name("alarm"), PROMETHEUS, alarm_mark()))
    number = 0
    for row in board.rows:
        number += 1
        made.with_row(dashboard.Row(words.row(row.key)).id(number))
        for panel in row.panels:
            number += 1
            made.with_panel(draw(panel, words, number))
    plain: dict[str, Any] = json.loads(json.dumps(made.build(), cls=JSONEncoder))
    return plain


def _others(words: Words) -> dashboard.DashboardLink:
    link = dashboard.DashboardLink(words.name("others")).type(model.DashboardLinkType.DASHBOARDS)
    link.tags([TAG]).as_dropdown(as_dropdown=True)
    return link.include_vars(include_vars=True).keep_time(keep_time=True)


def _source(name: str, kind: str, uid: str, words: Words) -> dashboard.DatasourceVariable:
    made = dashboard.DatasourceVariable(name).label(words.name(f"source_{name}")).type(kind)
    return made.current(model.VariableOption(selected=True, text=uid, value=uid))


def _choice(choice: Choice, words: Words) -> dashboard.QueryVariable:
    made = dashboard.QueryVariable(choice.name).label(words.name(choice.name))
    made.datasource(INFLUX).query(choice.query).definition(choice.query)
    made.refresh(model.VariableRefresh.ON_TIME_RANGE_CHANGED)
    made.sort(model.VariableSort.ALPHABETICAL_ASC).multi(choice.many)
    if choice.many:
        made.include_all(include_all=True).all_value(ALL)
        made.current(
            model.VariableOption(selected=True, text=[words.name("all")], value=["$__all"])
        )
    return made


def _mark(
    name: str, source: DataSourceRef, target: Builder[Dataquery]
) -> dashboard.AnnotationQuery:
    made = dashboard.AnnotationQuery().name(name).datasource(source).enable(enable=True)
    return made.icon_color(SERIES[-1]).target(target)
