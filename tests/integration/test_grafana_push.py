"""`jemput grafana`: what differs is said, then changed; nothing of anybody else's is lost."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from dashboards.packed import packed
from jemput.cli.grafana.difference import differences
from tests.command import Said, jemput
from tests.integration.scripted_grafana import TOKEN, ScriptedGrafana, running
from tests.servers import InfluxDb

UIDS = [f"jemput-{one}" for one in ("bin", "fleet", "operations", "pipeline", "service")]


@pytest.fixture
def grafana(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ScriptedGrafana]:
    """An empty one that the settings name."""
    with running(ScriptedGrafana()) as script:
        monkeypatch.chdir(tmp_path)
        monkeypatch.setenv("JEMPUT_GRAFANA_URL", script.url)
        monkeypatch.setenv("JEMPUT_GRAFANA_TOKEN", TOKEN)
        monkeypatch.setenv("JEMPUT_API_URL", "https://bins.example.org")
        yield script


def push(*flags: str) -> Said:
    return jemput("grafana", "push", *flags)


def test_a_dry_run_says_everything_and_changes_nothing(grafana: ScriptedGrafana) -> None:
    said = push("--dry-run")

    assert said.returncode == 0, said.stderr
    assert grafana.changes == []
    assert said.stdout.splitlines()[:2] == ["Grafana 13.2.3", "+ folder Jemput"]
    assert all(f"({uid})" in said.stdout for uid in UIDS)
    assert said.stdout.endswith("nothing was changed (--dry-run)\n")


def test_an_empty_grafana_gets_folder_and_boards_and_a_second_push_nothing(
    grafana: ScriptedGrafana,
) -> None:
    assert push().returncode == 0
    assert grafana.changes == ["folder jemput", *(f"board {uid}" for uid in UIDS)]
    assert {meta["folderUid"] for meta in grafana.metas.values()} == {"jemput"}
    assert set(grafana.messages) == {"jemput grafana push"}
    grafana.changes.clear()

    again = push()

    assert grafana.changes == []
    assert [line[:2] for line in again.stdout.splitlines()[1:]] == ["= "] * len(UIDS)


def test_links_lead_to_the_page_of_this_town_and_language_is_chosen(
    grafana: ScriptedGrafana,
) -> None:
    push("--language", "en")
    board = grafana.boards["jemput-operations"]

    pages = [one["query"] for one in board["templating"]["list"] if one["name"] == "page"]
    assert pages == ["https://bins.example.org"]
    assert board["title"] == "Jemput: Operations"
    assert "--language de: there are id and en" in push("--language", "de").stderr


def test_what_somebody_changed_is_shown_and_put_back(grafana: ScriptedGrafana) -> None:
    push()
    board = json.loads(json.dumps(grafana.boards["jemput-pipeline"]))
    title = board["panels"][1]["title"]
    board["panels"][1]["targets"][0]["expr"] = "0"
    grafana.add_board(board, "jemput")

    said = push("--dry-run").stdout
    assert f"panels / {title} / targets / A / expr: '0' → 'min(jemput_database_up)'" in said
    assert said.count("\n~ ") == 1
    push()
    assert "\n~ " not in push("--dry-run").stdout
    assert grafana.boards["jemput-pipeline"]["version"] == 3


def test_what_is_saved_between_look_and_push_is_not_lost(grafana: ScriptedGrafana) -> None:
    push()
    grafana.add_board({**grafana.boards["jemput-bin"], "refresh": "5s"}, "jemput")
    grafana.saved_meanwhile = {**grafana.boards["jemput-bin"], "refresh": "1h"}

    said = push()

    assert said.returncode == 2
    assert "somebody saved it since it was looked at" in said.stderr
    assert grafana.boards["jemput-bin"]["refresh"] == "1h"


def test_boards_from_files_are_left_to_files(grafana: ScriptedGrafana, tmp_path: Path) -> None:
    push()
    grafana.metas["jemput-bin"]["provisioned"] = True
    assert push().returncode == 0, "what is as it should be needs no change"
    grafana.boards["jemput-bin"]["title"] = "Mine"

    said = push()

    assert said.returncode == 2
    assert "comes from files" in said.stderr
    wrote = jemput("grafana", "write", tmp_path / "boards", "--page", "https://bins.example.org/")
    assert wrote.returncode == 0, wrote.stderr
    files = sorted((tmp_path / "boards").glob("*/*.json"))
    assert [file.stem for file in files] == UIDS * 2
    written = json.loads((tmp_path / "boards/id/jemput-operations.json").read_text())
    assert written in list(packed("id", "https://bins.example.org"))


def test_a_board_of_the_same_title_is_not_replaced(grafana: ScriptedGrafana) -> None:
    grafana.folders["jemput"] = {"uid": "jemput", "title": "Jemput"}
    grafana.add_board({"uid": "mine", "title": "Jemput: Operasi"}, "jemput")

    said = push()

    assert said.returncode == 2
    assert "another board has that title" in said.stderr
    assert grafana.boards["mine"]["title"] == "Jemput: Operasi"


def test_a_board_that_was_moved_is_moved_back(grafana: ScriptedGrafana) -> None:
    push()
    grafana.metas["jemput-fleet"]["folderUid"] = "elsewhere"

    assert "folder: 'elsewhere' → 'jemput'" in push().stdout
    assert grafana.metas["jemput-fleet"]["folderUid"] == "jemput"


def test_data_sources_are_made_where_told_and_their_secret_written_again(
    grafana: ScriptedGrafana, influxdb: InfluxDb, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JEMPUT_INFLUX_URL", influxdb.url)
    monkeypatch.setenv("JEMPUT_INFLUX_TOKEN", "grafana:word")
    flags = ("--influx", "http://influxdb:8086", "--prometheus", "http://prometheus:9090")
    assert push(*flags).returncode == 0

    made = grafana.sources["jemput-influx"]
    assert (made["url"], made["user"]) == ("http://influxdb:8086", "grafana")
    assert made["secureJsonFields"] == {"password": True}
    assert made["isDefault"] is False
    assert grafana.sources["jemput-prometheus"]["type"] == "prometheus"
    assert "source jemput-influx ['word']" in grafana.changes
    grafana.changes.clear()
    made["jsonData"]["dbName"] = "other"

    said = push(*flags)

    assert "jsonData / dbName: 'other' → 'jemput'" in said.stdout
    assert "its secret cannot be compared" in said.stdout
    assert grafana.changes == ["source jemput-influx ['word']", "source jemput-prometheus []"]


def test_a_data_source_from_files_is_left(grafana: ScriptedGrafana) -> None:
    grafana.sources["jemput-prometheus"] = {"uid": "jemput-prometheus", "readOnly": True}

    said = push("--prometheus", "http://prometheus:9090")

    assert said.returncode == 2
    assert "comes from files of that Grafana" in said.stderr
    assert grafana.changes == []


def test_whoever_may_not_is_told_what_to_do(
    grafana: ScriptedGrafana, monkeypatch: pytest.MonkeyPatch
) -> None:
    grafana.may_write = False
    assert "the role Editor" in push().stderr
    monkeypatch.setenv("JEMPUT_GRAFANA_TOKEN", "another")
    assert "the token of a service account into JEMPUT_GRAFANA_TOKEN" in push().stderr
    grafana.version = "9.5.1"
    assert "it is Grafana 9.5.1: the boards need 10 or newer" in push().stderr
    assert "write http:// or https:// before it" in push("--url", "127.0.0.1:9").stderr
    assert "no Grafana answers at http://127.0.0.1:9" in push("--url", "http://127.0.0.1:9").stderr
    monkeypatch.delenv("JEMPUT_GRAFANA_URL")
    assert "--url, or JEMPUT_GRAFANA_URL" in push().stderr


def test_what_is_no_grafana_is_said(grafana: ScriptedGrafana, influxdb: InfluxDb) -> None:
    del grafana
    said = push("--url", influxdb.url)

    assert said.returncode == 2
    assert f"{influxdb.url} is no Grafana" in said.stderr


def test_a_difference_names_what_people_know() -> None:
    ours = {"title": "x", "panels": [{"title": "Bak", "unit": "percent"}, {"title": "New"}]}
    theirs = {"title": "x", "added": 1, "panels": [{"title": "Bak", "unit": "short", "more": 1}]}

    assert list(differences(ours, theirs)) == [
        "panels / Bak / unit: 'short' → 'percent'",
        "panels / New: is new",
    ]
    assert list(differences({"tags": ["a"]}, {"tags": ["a", "b"]})) == ["tags / 1: goes away"]
    assert list(differences({"id": 1, "version": 2}, {"id": 7, "version": 9})) == []


def test_it_needs_nothing_that_only_draws_boards() -> None:
    blocked = "sys.modules.update(dict.fromkeys(['grafana_foundation_sdk', 'yaml']))"
    code = f"import sys; {blocked}; import jemput.cli.grafana.command, jemput.cli.doctor.command"
    subprocess.run([sys.executable, "-c", code], check=True)
