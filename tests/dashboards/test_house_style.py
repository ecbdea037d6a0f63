"""What the makers refuse, and what every dashboard keeps."""

from itertools import pairwise
from pathlib import Path

import pytest
from grafana_foundation_sdk.models.dashboard import Dashboard

from dashboards.board import Board, DuplicateError, Row, rendered
from dashboards.boards import BOARDS
from dashboards.drawing import draw
from dashboards.panels import UNITS, BadPanelError, Column, Panel, stat, table
from dashboards.queries import BadQueryError, influx, prometheus
from dashboards.render import FOLDER, ROOT, files, main, stale, write
from dashboards.thresholds import PLAIN, BadStepsError, Step, any_at_all, level, steps
from dashboards.words import LANGUAGES, MissingWordsError, Words, read_table
from jemput.pickup import Reason, State
from jemput.policy import Policy
from jemput.reading import Quality

UP = prometheus("jemput_database_up", "number")


def panel(key: str = "database-up", unit: str = "short") -> Panel:
    return stat(key, UP, unit=unit, steps=PLAIN)


def test_the_band_of_a_level_is_the_rule_that_calls_the_truck() -> None:
    policy = Policy(call_percent=83, rearm_percent=41)

    assert [step.since for step in level(policy)] == [None, 41, 83]


def test_a_unit_that_grafana_does_not_know_is_refused() -> None:
    with pytest.raises(BadPanelError, match="'lengthcm' is no unit"):
        panel(unit="lengthcm")
    assert {"lengthmm", "mvolt", "dBm"} <= UNITS


def test_a_panel_that_asks_nothing_is_refused() -> None:
    with pytest.raises(BadPanelError, match="asks nothing"):
        stat("database-up", unit="short", steps=PLAIN)


def test_a_query_of_another_shape_is_refused() -> None:
    with pytest.raises(BadPanelError, match="a stat shows a number, not a series"):
        stat("database-up", prometheus("up"), unit="short", steps=PLAIN)


def test_a_column_that_no_query_names_is_refused() -> None:
    rows = influx("SELECT last(lat) AS lat FROM bin WHERE $timeFilter", "table", columns="lat")

    with pytest.raises(BadPanelError, match=r"no query names: \['lon'\]"):
        table("bins", rows, columns=(Column("lon", "lon"),))


@pytest.mark.parametrize(
    ("query", "why"),
    [
        (influx("SELECT last(x) FROM reading"), "add \\$timeFilter"),
        (influx("SELECT last(x) FROM reading WHERE $timeFilter AND a = '$sites'"), "neither"),
        (influx("SELECT x FROM reading WHERE $timeFilter", "table"), "names the columns"),
    ],
)
def test_a_query_that_grafana_would_send_as_nonsense_is_refused(query: object, why: str) -> None:
    with pytest.raises(BadQueryError, match=why):
        Panel("received", "timeseries", (query,), "short")  # type: ignore[arg-type]


def test_words_that_are_missing_are_refused() -> None:
    words = Words(read_table(), "id")

    with pytest.raises(MissingWordsError, match="no panel 'nobody-wrote-it'"):
        draw(panel("nobody-wrote-it"), words, 1)
    with pytest.raises(MissingWordsError, match=r"rows\.nobody"):
        words.row("nobody")


@pytest.mark.parametrize(
    ("kind", "stored"),
    [("state", set(State)), ("reason", set(Reason)), ("quality", set(Quality))],
)
def test_all_that_is_stored_has_words(kind: str, stored: set[str]) -> None:
    for language in LANGUAGES:
        assert Words(read_table(), language).values(kind).keys() == stored
    with pytest.raises(MissingWordsError, match="no values of 'nobody'"):
        Words(read_table(), "id").values("nobody")


def test_thresholds_that_do_not_rise_are_refused() -> None:
    with pytest.raises(BadStepsError, match="the others rise"):
        steps(Step(None, "a"), Step(2, "b"), Step(2, "c"))
    with pytest.raises(BadStepsError):
        steps(Step(0, "a"))
    assert any_at_all()[1].since == 1


def test_two_of_one_name_are_refused() -> None:
    with pytest.raises(DuplicateError, match="panel 'database-up' is there twice"):
        Board("twice", (Row("now", (panel(), panel())),))
    with pytest.raises(DuplicateError, match="dashboard 'jemput-operations' is there twice"):
        dict(files((BOARDS[0], BOARDS[0])))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("board", BOARDS, ids=lambda board: board.key)
def test_the_builders_read_back_what_they_wrote(board: Board, language: str) -> None:
    made = rendered(board, Words(read_table(), "id" if language == "id" else "en"))
    again = Dashboard.from_json(made).to_json()

    assert again["uid"] == f"jemput-{board.key}"
    assert len(made["panels"]) == len(list(board.panels())) + len(board.rows)
    for shown in made["panels"]:
        if shown["type"] != "row":
            assert shown["title"]
            assert "\n\n" in shown["description"]


@pytest.mark.parametrize("board", BOARDS, ids=lambda board: board.key)
def test_panels_fill_the_grid_without_overlap(board: Board) -> None:
    made = rendered(board, Words(read_table(), "id"))
    taken: set[tuple[int, int]] = set()
    for shown in made["panels"]:
        at = shown["gridPos"]
        cells = {
            (at.get("x", 0) + dx, at.get("y", 0) + dy)
            for dx in range(at["w"])
            for dy in range(at["h"])
        }
        assert not cells & taken, shown["title"]
        assert max(x for x, _ in cells) < 24
        taken |= cells


def test_titles_are_unique_in_each_language() -> None:
    for language in LANGUAGES:
        words = Words(read_table(), language)
        titles = sorted(words.board(board.key) for board in BOARDS)
        assert all(one != other for one, other in pairwise(titles))


def test_what_is_committed_is_what_would_be_written() -> None:
    assert stale(ROOT) == []


def test_check_names_what_is_stale(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path)
    file = tmp_path / FOLDER / "id" / "jemput-pipeline.json"
    file.write_text(file.read_text().replace("Basis data", "Database", 1))
    (tmp_path / FOLDER / "id" / "jemput-gone.json").write_text("{}")
    monkeypatch.setattr("dashboards.render.ROOT", tmp_path)

    assert main(["--check"]) == 1
    assert sorted(stale(tmp_path)) == [
        f"{FOLDER}/id/jemput-gone.json",
        f"{FOLDER}/id/jemput-pipeline.json",
    ]
    assert main([]) == 0
    assert main(["--check"]) == 0
