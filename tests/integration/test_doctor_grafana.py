"""The doctor looks at a Grafana where the settings name one."""

from collections.abc import Iterator

import pytest

from dashboards.packed import packed
from jemput.cli.doctor.finding import Finding, Health
from jemput.cli.doctor.grafana import grafana
from tests.integration.scripted_grafana import TOKEN, ScriptedGrafana, running


@pytest.fixture
def whole() -> Iterator[ScriptedGrafana]:
    """One with boards and data sources."""
    with running(ScriptedGrafana()) as script:
        for board in packed("id"):
            script.add_board(board, "jemput")
        for uid in ("jemput-influx", "jemput-prometheus"):
            script.sources[uid] = {"uid": uid}
        yield script


def worst(findings: list[Finding]) -> set[Health]:
    return {one.health for one in findings}


def test_nothing_is_said_where_none_is_named() -> None:
    assert list(grafana(None, "")) == []


def test_a_whole_one_is_good(whole: ScriptedGrafana) -> None:
    found = list(grafana(whole.url, TOKEN))

    assert worst(found) == {Health.GOOD}
    assert [one.sentence for one in found if "all our boards" in one.sentence]


def test_what_is_missing_is_a_doubt_with_the_command(whole: ScriptedGrafana) -> None:
    del whole.boards["jemput-bin"]
    del whole.sources["jemput-influx"]
    found = [one for one in grafana(whole.url, TOKEN) if one.health is Health.DOUBT]

    assert [one.sentence for one in found] == [
        "it lacks 1 of our boards",
        "it has no data source jemput-influx",
    ]
    assert all("jemput grafana push" in str(one.remedy) for one in found)


def test_a_data_source_that_gets_no_answer_is_bad(whole: ScriptedGrafana) -> None:
    whole.ill["jemput-influx"] = "error reading InfluxDB. Status Code: 401"
    (found,) = (one for one in grafana(whole.url, TOKEN) if one.health is Health.BAD)

    assert "jemput-influx says: error reading InfluxDB" in found.sentence


def test_nobody_there_and_a_wrong_token_are_bad(whole: ScriptedGrafana) -> None:
    (gone,) = grafana("http://127.0.0.1:9", TOKEN)
    (refused,) = grafana(whole.url, "another")

    assert (gone.health, refused.health) == (Health.BAD, Health.BAD)
    assert "no Grafana answers" in gone.sentence
    assert "401" in refused.sentence
