"""What Grafana's own packages make of our boards, given what real servers answer.

Types by @grafana/schema; units, names, transformations and colours by @grafana/data. They need
node and the packages that scripts/test installs.
"""

import json
import re
import shutil
import subprocess
import time
from pathlib import Path
from typing import Any, Final, NamedTuple

import pytest

from dashboards.boards import BOARDS
from dashboards.palette import MEANINGS, SERIES
from dashboards.panels import Panel
from dashboards.queries import Influxql, Query
from dashboards.render import FOLDER, ROOT
from dashboards.thresholds import PLAIN
from dashboards.words import Words, read_table
from tests.builders import START_S
from tests.dashboards.grafana import Asking, Frame, ask
from tests.dashboards.week import END_S

HERE: Final = Path(__file__).parent / "node"
WORDS: Final = Words(read_table(), "id")
ONE_BIN: Final = (("bin", "coblong-organic"),)


class Seen(NamedTuple):
    """A panel, and what @grafana/data says it shows."""

    panel: Panel
    fields: list[dict[str, Any]]
    unknown: list[str]

    def named(self) -> list[str]:
        """The names of its fields, in their order."""
        return [one["name"] for one in self.fields if one["type"] != "time"]


def node(script: str, said: str = "") -> subprocess.CompletedProcess[str]:
    """Run one of ours; skip where there is no node, or no packages."""
    program = shutil.which("node")
    if program is None or not (HERE / "node_modules" / "@grafana" / "data").is_dir():
        pytest.skip("Grafana's npm packages are not there: scripts/test installs them with npm")
    return subprocess.run(
        [program, HERE / script], input=said, capture_output=True, text=True, check=False
    )


def test_every_board_satisfies_the_types_of_grafana() -> None:
    done = node("schema.mjs")

    assert done.returncode == 0, done.stderr
    assert f"{len(BOARDS)} boards in two languages satisfy Dashboard: yes" in done.stdout


def _drawn() -> dict[str, dict[str, Any]]:
    """Every panel as it is committed, by its title."""
    found: dict[str, dict[str, Any]] = {}
    for file in (ROOT / FOLDER / "id").glob("*.json"):
        board = json.loads(file.read_text(encoding="utf-8"))
        panels = (one for one in board["panels"] if one["type"] != "row")
        found |= {panel["title"] + board["uid"]: panel for panel in panels}
    return found


def frames(panel: Panel, influx: str, prometheus: str) -> list[dict[str, Any]]:
    """What real servers answer to all queries of a panel."""
    return [
        {"name": frame.name, "columns": frame.columns}
        for query in panel.queries
        for frame in _asked(query, influx, prometheus)
    ]


def _asked(query: Query, influx: str, prometheus: str) -> list[Frame]:
    if isinstance(query, Influxql):
        chosen = ONE_BIN if "${bin" in query.text else ()
        return ask(influx, query, Asking(START_S * 1000, END_S * 1000, 3600, chosen))
    now_ms = int(time.time() * 1000)
    answered = ask(prometheus, query, Asking(now_ms - 60_000, now_ms, 15))
    for frame in answered:
        frame.columns["Time"] = [at_s * 1000 for at_s in frame.columns["Time"]]
    return answered


@pytest.fixture(scope="module")
def seen(week_in_influx: str, town_in_prometheus: str) -> list[Seen]:
    """Every panel of every board."""
    drawn = _drawn()
    panels = [(board, panel) for board in BOARDS for panel in board.panels()]
    said = [
        {
            "panel": drawn[WORDS.panel(panel.key)[0] + board.uid],
            "frames": frames(panel, week_in_influx, town_in_prometheus),
        }
        for board, panel in panels
    ]
    done = node("data.mjs", json.dumps(said))
    assert done.returncode == 0, done.stderr
    return [
        Seen(panel, one["fields"], one["unknownUnits"] + one["unknownTransformations"])
        for (_, panel), one in zip(panels, json.loads(done.stdout), strict=True)
    ]


def test_units_and_transformations_are_grafanas(seen: list[Seen]) -> None:
    assert len(seen) == sum(len(list(board.panels())) for board in BOARDS)
    assert [(one.panel.key, one.unknown) for one in seen if one.unknown] == []


def test_columns_are_named_and_in_their_order(seen: list[Seen]) -> None:
    tables = [one for one in seen if one.panel.columns]
    assert len(tables) > 4
    for one in tables:
        shown = [field["name"] for field in one.fields]
        assert shown == [WORDS.name(column.name) for column in one.panel.columns], one.panel.key


def test_lines_are_named_in_indonesian(seen: list[Seen]) -> None:
    lines = [one for one in seen if one.panel.names]
    assert len(lines) > 8
    for one in lines:
        assert set(one.named()) == {WORDS.name(name) for name in one.panel.names.values()}
        assert {field["color"] for field in one.fields if field["type"] != "time"} <= set(SERIES)


def test_a_number_is_there_and_its_colour_means_something(seen: list[Seen]) -> None:
    numbers = [one for one in seen if one.panel.kind in {"stat", "bargauge"}]
    assert len(numbers) > 15
    for one in numbers:
        values = [field for field in one.fields if field["type"] == "number"]
        assert values, one.panel.key
        assert all(field["text"] for field in values), one.panel.key
        if one.panel.steps is not PLAIN:
            assert {field["color"] for field in values} <= set(MEANINGS.values())


def test_units_are_read_as_people_do(seen: list[Seen]) -> None:
    texts = {
        one.panel.key: [field["text"] for field in one.fields if field["text"]] for one in seen
    }

    assert re.fullmatch(r"\d+(\.\d+)?%", texts["bin-level"][-1])
    assert re.fullmatch(r"\d(\.\d+)? V|\d+ mV", texts["bin-battery"][-1])
    assert texts["database-up"][-1] == "Ya"
    assert re.fullmatch(r"[\d.]+ (s|mins|min|hours|hour)", texts["response"][-1])


def test_what_is_stored_is_said_in_words(seen: list[Seen]) -> None:
    for one in seen:
        for column in one.panel.columns:
            if column.values:
                (field,) = (
                    field for field in one.fields if field["name"] == WORDS.name(column.name)
                )
                assert field["text"] in WORDS.values(column.values).values(), field
    (states,) = (one for one in seen if one.panel.key == "pickups-by-state")
    assert set(states.named()) <= set(WORDS.values("state").values())


def test_a_click_leads_from_a_bin_to_its_board(seen: list[Seen]) -> None:
    (called,) = (one for one in seen if one.panel.key == "called")
    links = {field["name"]: field["links"] for field in called.fields}

    assert links[WORDS.name("bin")] == ["/d/jemput-bin?var-bin=${__value.raw}"]
    assert links[WORDS.name("pickup")] == ["${page}/#pickup/${__value.raw}"]
