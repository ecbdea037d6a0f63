"""Every panel's query, filled in as Grafana does, brings what its panel shows from real servers."""

import time
from dataclasses import replace
from typing import Any

import pytest

from dashboards.asked import (
    ABOVE_CALL,
    CALLED_BINS,
    LEVEL_BY_BIN,
    PICKUP_MARKS,
    PLACE_BY_BIN,
    RULES,
)
from dashboards.boards import BOARDS
from dashboards.panels import Panel
from dashboards.queries import Influxql, Query
from tests.builders import HOUR_S
from tests.dashboards.grafana import Asking, Frame, ask, influx_series, joined
from tests.dashboards.week import RETIRED_H, WASTES, WeekThere

PANELS = [
    pytest.param(panel, id=f"{board.key}-{panel.key}")
    for board in BOARDS
    for panel in board.panels()
]


@pytest.fixture
def frames_of(request: pytest.FixtureRequest, there: WeekThere) -> Any:  # noqa: ANN401 - a function
    """Frames of a query by the server that it is for."""

    def frames(query: Query, asking: Asking = there.whole) -> list[Frame]:
        if isinstance(query, Influxql):
            return ask(there.target, query, asking)
        url: str = request.getfixturevalue("town_in_prometheus")
        now_ms = int(time.time() * 1000)
        return ask(url, query, Asking(now_ms - 60_000, now_ms, 15))

    return frames


@pytest.mark.parametrize("panel", PANELS)
def test_each_query_brings_the_frame_its_panel_shows(panel: Panel, frames_of: Any) -> None:  # noqa: ANN401
    names: set[str] = set()
    for query in panel.queries:
        frames = frames_of(query)
        assert frames, f"nothing came of {query.text}"
        names |= {frame.name for frame in frames}
        for frame in frames:
            _check(query, frame)
    if panel.names:
        assert names == panel.names.keys(), "lines are named by what comes"


def _check(query: Query, frame: Frame) -> None:
    if query.shape == "table":
        assert set(query.columns) <= frame.columns.keys()
        assert frame.rows() > 0
        return
    values = [value for value in frame.columns["Value"] if value is not None]
    assert values
    assert all(isinstance(value, int | float) for value in values)
    if query.shape == "number":
        assert len(values) == 1
    elif isinstance(query, Influxql):
        assert any(values), "a line of nothing but zeros proves nothing"
    assert "[[" not in frame.name
    assert "{{" not in frame.name


JOINED = [one for one in PANELS if one.values[0].join_by]  # type: ignore[union-attr]


@pytest.mark.parametrize("panel", JOINED)
def test_rows_of_several_queries_join(panel: Panel, frames_of: Any, there: WeekThere) -> None:  # noqa: ANN401
    rows = joined([frame for query in panel.queries for frame in frames_of(query)], panel.join_by)

    assert rows
    for row in rows:
        assert {column.field for column in panel.columns} <= row.keys()
    if panel.kind == "geomap":
        assert {row["bin"] for row in rows} == set(there.week.bins)
        assert all(isinstance(row[name], float) for row in rows for name in ("lat", "lon"))


def test_a_chosen_site_leaves_the_others_out(frames_of: Any, there: WeekThere) -> None:  # noqa: ANN401
    here = replace(there.whole, chosen=(("site", there.week.sites[0]),))
    for panel in (one.values[0] for one in JOINED):
        assert isinstance(panel, Panel)
        frames = [frame for query in panel.queries for frame in frames_of(query, here)]
        for frame in frames:
            assert all(name.startswith(f"{there.week.sites[0]}-") for name in frame.columns["bin"])


def test_a_retired_bin_needs_no_truck_and_keeps_its_history(
    frames_of: Any,  # noqa: ANN401
    there: WeekThere,
) -> None:
    week = there.week
    (levels,) = frames_of(LEVEL_BY_BIN)
    newest = dict(zip(levels.columns["bin"], levels.columns["level"], strict=True))
    full = {bin_id for bin_id, level in newest.items() if level >= RULES.call_percent}
    assert week.retired in full

    (above,) = frames_of(ABOVE_CALL)
    (called,) = frames_of(CALLED_BINS)
    (places,) = frames_of(PLACE_BY_BIN)

    assert above.columns["Value"] == [len(full - {week.retired})]
    assert week.retired not in called.columns["bin"]
    assert set(places.columns["bin"]) == set(week.bins)
    before = replace(there.whole, to_ms=(week.start_s + RETIRED_H * HOUR_S) * 1000 - 1)
    assert week.retired in frames_of(CALLED_BINS, before)[0].columns["bin"]


def test_lists_at_the_top_hold_what_there_is(there: WeekThere) -> None:
    week = there.week
    lists = {choice.name: choice.query for board in BOARDS for choice in board.choices}
    found = {
        name: {
            row[1]
            for one in influx_series(there.target, there.whole.fill(query))
            for row in one["values"]
        }
        for name, query in lists.items()
    }

    assert found["site"] >= set(week.sites)
    assert found["waste"] == set(WASTES)
    assert found["bin"] == {*week.bins, week.retired}


def test_marks_have_a_title(there: WeekThere) -> None:
    asking = replace(there.whole, chosen=(("bin", next(iter(there.week.bins))),))
    marks = [query for board in BOARDS for _, query in board.marks]
    assert PICKUP_MARKS in marks
    (steps,) = influx_series(there.target, asking.fill(PICKUP_MARKS))
    assert steps["columns"] == ["time", "title", "text"]
    assert {row[1] for row in steps["values"]} >= {"requested", "accepted", "collected"}
    for query in marks:
        influx_series(there.target, asking.fill(query))
