"""Panels as Grafana draws them: the one place that knows its builders."""

from collections.abc import Callable
from typing import Any, Final

from grafana_foundation_sdk.builders import bargauge, common, dashboard, geomap, stat, timeseries
from grafana_foundation_sdk.builders import table as tables
from grafana_foundation_sdk.models import common as kinds
from grafana_foundation_sdk.models import dashboard as model

from dashboards.palette import SERIES
from dashboards.panels import Column, Kind, Panel
from dashboards.queries import Influxql
from dashboards.targets import source, targets
from dashboards.thresholds import PLAIN, Steps
from dashboards.words import Words
from jemput.summary import SLOT_S

Drawn = timeseries.Panel | stat.Panel | bargauge.Panel | tables.Panel | geomap.Panel
LAST: Final = "lastNotNull"
FAR_FROM_ZERO: Final = frozenset({"mvolt", "dBm"})
"""With zero on their axis, lines of these are flat."""
BASEMAP: Final = "default"
"""Whatever the server is told to draw below: `deploy` points it away from the internet."""


def draw(panel: Panel, words: Words, number: int) -> Drawn:
    """A panel with its words, thresholds and queries; `number` is its id on its dashboard."""
    title, description = words.panel(panel.key)
    drawn = _KINDS[panel.kind](panel, words)
    drawn.id(number).title(title).description(description)
    drawn.height(panel.height).span(panel.width).unit(panel.unit).thresholds(_steps(panel.steps))
    drawn.datasource(source(panel.queries[0])).targets(targets(panel.queries))
    drawn.no_value(words.name("nothing"))
    for change in _joins(panel):
        drawn.with_transformation(change)
    for column in panel.columns:
        drawn.override_by_name(column.field, _column(column, words))
    if panel.values:
        drawn.mappings([_mapping(words.values(panel.values))])
    for raw, text in words.values(panel.labels).items() if panel.labels else ():
        drawn.override_by_name(raw, [model.DynamicConfigValue("displayName", text)])
    for index, (field, name) in enumerate(panel.names.items()):
        drawn.override_by_name(field, _line(words.name(name), index))
    return drawn


def _lines(panel: Panel, words: Words) -> Drawn:
    legend = common.VizLegendOptions().show_legend(show_legend=True)
    legend.display_mode(kinds.LegendDisplayMode.LIST).placement(kinds.LegendPlacement.BOTTOM)
    drawn = timeseries.Panel().legend(legend).line_width(2).show_points(kinds.VisibilityMode.AUTO)
    drawn.tooltip(common.VizTooltipOptions().mode(kinds.TooltipDisplayMode.MULTI))
    if panel.unit not in FAR_FROM_ZERO:
        drawn.axis_soft_min(0)
    drawn.fill_opacity(30 if panel.stacked else 0)
    if panel.in_bars:
        drawn.draw_style(kinds.GraphDrawStyle.BARS).fill_opacity(60)
    if any(isinstance(query, Influxql) for query in panel.queries):
        drawn.interval(f"{SLOT_S}s")
    if panel.stacked:
        drawn.stacking(common.StackingConfig().mode(kinds.StackingMode.NORMAL).group("A"))
    if panel.band:
        style = kinds.GraphThresholdsStyleMode.DASHED_AND_AREA
        drawn.thresholds_style(common.GraphThresholdsStyleConfig().mode(style))
    if panel.most is not None:
        drawn.max(panel.most)
    if not panel.names:
        drawn.color_scheme(
            dashboard.FieldColor().mode(model.FieldColorModeId.PALETTE_CLASSIC_BY_NAME)
        )
    del words
    return drawn


def _stat(panel: Panel, words: Words) -> Drawn:
    del words
    shown = (
        kinds.BigValueColorMode.NONE
        if panel.steps is PLAIN
        else kinds.BigValueColorMode.BACKGROUND_SOLID
    )
    drawn = stat.Panel().color_mode(shown).graph_mode(kinds.BigValueGraphMode.NONE)
    return drawn.reduce_options(_last())


def _bars(panel: Panel, words: Words) -> Drawn:
    del words
    drawn = bargauge.Panel().orientation(kinds.VizOrientation.HORIZONTAL).reduce_options(_last())
    # By itself Grafana makes text as large as a bar, and cuts the names of few bars.
    drawn.text(common.VizTextDisplayOptions().title_size(14).value_size(18))
    if panel.steps is PLAIN:
        drawn.color_scheme(_fixed(SERIES[0]))
    return drawn.display_mode(kinds.BarGaugeDisplayMode.BASIC).min(0)


def _table(panel: Panel, words: Words) -> Drawn:
    drawn = tables.Panel().show_header(show_header=True)
    if panel.sorted_by:
        names = {column.field: words.name(column.name) for column in panel.columns}
        order = common.TableSortByFieldState().desc(desc=panel.sorted_by.startswith("-"))
        drawn.sort_by([order.display_name(names[panel.sorted_by.removeprefix("-")])])
    return drawn


def _map(panel: Panel, words: Words) -> Drawn:
    del words
    place = common.FrameGeometrySource().mode(kinds.FrameGeometrySourceMode.COORDS)
    style = {
        "color": {"field": panel.columns[0].field},
        "opacity": 0.9,
        "size": {"fixed": 7, "min": 2, "max": 15},
        "symbol": {"fixed": "img/icons/marker/circle.svg", "mode": "fixed"},
    }
    layer = common.MapLayerOptions().type("markers").name(panel.key).tooltip(tooltip=True)
    layer.location(place.latitude("lat").longitude("lon")).config({"style": style})
    drawn = geomap.Panel().layers([layer])
    drawn.basemap(common.MapLayerOptions().type(BASEMAP).name("basemap"))
    return drawn.view(geomap.MapViewConfig().id("fit").all_layers(all_layers=True))


def _last() -> common.ReduceDataOptions:
    return common.ReduceDataOptions().calcs([LAST]).values(values=False)


def _steps(each: Steps) -> dashboard.ThresholdsConfig:
    steps = [model.Threshold(one.since, one.colour) for one in each]
    return dashboard.ThresholdsConfig().mode(model.ThresholdsMode.ABSOLUTE).steps(steps)


def _joins(panel: Panel) -> list[model.DataTransformerConfig]:
    """Joined, then only the columns that are shown, in their order."""
    if panel.kind not in {"table", "geomap"}:
        return []
    changes = []
    if panel.join_by:
        how = {"byField": panel.join_by, "mode": "inner"}
        changes.append(model.DataTransformerConfig("joinByField", options=how))
    names = [column.field for column in panel.columns]
    kept = {"include": {"names": names}}
    order = {"indexByName": {name: index for index, name in enumerate(names)}}
    return [
        *changes,
        model.DataTransformerConfig("filterFieldsByName", options=kept),
        model.DataTransformerConfig("organize", options=order),
    ]


def _column(column: Column, words: Words) -> list[model.DynamicConfigValue]:
    values: list[tuple[str, Any]] = [
        ("displayName", words.name(column.name)),
        ("unit", column.unit),
    ]
    if column.steps is not PLAIN:
        values.append(("thresholds", _steps(column.steps).build()))
        values.append(("custom.cellOptions", {"type": "color-background", "mode": "basic"}))
    if column.values:
        values.append(("mappings", [_mapping(words.values(column.values))]))
    if column.link:
        link = {"title": words.name("open"), "url": column.link, "targetBlank": True}
        values.append(("links", [link]))
    return [model.DynamicConfigValue(key, value) for key, value in values]


def _mapping(texts: dict[str, str]) -> model.ValueMap:
    results = enumerate(texts.items())
    return model.ValueMap(
        {raw: model.ValueMappingResult(text=text, index=index) for index, (raw, text) in results}
    )


def _fixed(colour: str) -> dashboard.FieldColor:
    return dashboard.FieldColor().mode(model.FieldColorModeId.FIXED).fixed_color(colour)


def _line(name: str, index: int) -> list[model.DynamicConfigValue]:
    colour = {"mode": "fixed", "fixedColor": SERIES[index % len(SERIES)]}
    return [
        model.DynamicConfigValue("displayName", name),
        model.DynamicConfigValue("color", colour),
    ]


_KINDS: Final[dict[Kind, Callable[[Panel, Words], Drawn]]] = {
    "timeseries": _lines,
    "stat": _stat,
    "bargauge": _bars,
    "table": _table,
    "geomap": _map,
}
