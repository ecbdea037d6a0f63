"""Provisioning files have the shapes that Grafana documents, and name what the boards ask for."""

import json
import re
from pathlib import Path
from typing import Any, Final

import jsonschema
import pytest
import yaml

from dashboards.provisioning import FOLDER
from dashboards.render import FOLDER as BOARDS
from dashboards.render import ROOT
from dashboards.sources import INFLUX_UID, PROMETHEUS_UID, influx, prometheus
from dashboards.words import LANGUAGES

SHAPES: Final[dict[str, Any]] = json.loads(
    (Path(__file__).parent / "provisioning.schema.json").read_text(encoding="utf-8")
)
FILES: Final = sorted((ROOT / FOLDER).glob("*/*.yaml"))


def read(file: Path) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(file.read_text(encoding="utf-8"))
    return found


def source(name: str) -> dict[str, Any]:
    (found,) = read(ROOT / FOLDER / "datasources" / name)["datasources"]
    assert isinstance(found, dict)
    return found


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_a_file_has_the_documented_shape(file: Path) -> None:
    jsonschema.validate(read(file), SHAPES[file.parent.name])


def test_a_wrong_word_is_found() -> None:
    said = read(ROOT / FOLDER / "dashboards" / "jemput.yaml")
    said["providers"][0]["allowUIUpdates"] = True

    with pytest.raises(jsonschema.ValidationError, match="allowUIUpdates"):
        jsonschema.validate(said, SHAPES["dashboards"])


def test_there_is_a_source_for_each_influxdb_and_all_have_one_uid() -> None:
    names = {file.name for file in FILES if file.parent.name == "datasources"}

    assert names == {"influxdb-1.yaml", "influxdb-2.yaml", "influxdb-3.yaml", "prometheus.yaml"}
    for name in names - {"prometheus.yaml"}:
        assert source(name)["uid"] == INFLUX_UID
    assert source("prometheus.yaml")["uid"] == PROMETHEUS_UID


@pytest.mark.parametrize("language", LANGUAGES)
def test_boards_choose_those_sources_by_themselves(language: str) -> None:
    for file in sorted((ROOT / BOARDS / language).glob("*.json")):
        board = json.loads(file.read_text(encoding="utf-8"))
        chosen = {
            one["query"]: one["current"]["value"]
            for one in board["templating"]["list"]
            if one["type"] == "datasource"
        }
        assert chosen == {"influxdb": INFLUX_UID, "prometheus": PROMETHEUS_UID}, file.name


def test_boards_of_each_language_are_where_the_provider_looks() -> None:
    (provider,) = read(ROOT / FOLDER / "dashboards" / "jemput.yaml")["providers"]
    path = provider["options"]["path"]

    assert path.endswith("/${BOARD_LANGUAGE}")
    assert {folder.name for folder in (ROOT / BOARDS).iterdir()} == set(LANGUAGES)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_no_secret_stands_in_a_file(file: Path) -> None:
    for one in read(file).get("datasources", []):
        for secret in one.get("secureJsonData", {}).values():
            assert re.fullmatch(r"(Token )?\$__file\{/run/secrets/\w+\}", secret)


def test_a_source_without_a_secret_sends_no_header() -> None:
    assert "secureJsonData" not in influx("2", "http://influxdb:8086", "jemput", "").written()
    assert "secureJsonData" not in prometheus("http://prometheus:9090").written()


def test_an_old_influxdb_is_asked_by_name_and_password() -> None:
    written = influx("1", "http://influxdb:8086", "jemput", "sri:a:b").written()

    assert written["user"] == "sri"
    assert written["secureJsonData"] == {"password": "a:b"}
