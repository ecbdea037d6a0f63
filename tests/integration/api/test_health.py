"""Readiness names each dependency and its sentence; metrics count what was answered."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from jemput.store.history import Cursors
from jemput.store.influx import InfluxTarget
from jemput.store.influx_history import InfluxHistory
from tests.integration.api.town import GROUP, Client, Town, served
from tests.servers import HOST, free_port


@pytest.fixture
def quiet(tmp_path: Path) -> Iterator[Town]:
    """A town where nothing happened yet."""
    made = Town(tmp_path)
    yield made
    made.engine.dispose()


def dependencies(client: Client) -> dict[str, tuple[str, str]]:
    body = client.get("/readyz").json()
    return {one["name"]: (one["state"], one["sentence"]) for one in body["dependencies"]}


def metrics(client: Client) -> dict[tuple[str, ...], float]:
    found = {}
    for family in text_string_to_metric_families(client.get("/metrics").text):
        for sample in family.samples:
            found[sample.name, *sample.labels.values()] = sample.value
    return found


def test_the_process_says_that_it_runs(client: Client) -> None:
    assert client.get("/healthz").json() == {"status": "ok"}


def test_all_is_well(quiet: Town) -> None:
    with served(quiet.services()) as client:
        answer = client.get("/readyz")
        named = dependencies(client)

    assert (answer.status_code, answer.json()["status"]) == (200, "ok")
    assert named.keys() == {"database", "journal writer", "outbox", "history", "sink embedded"}
    assert {state for state, _ in named.values()} == {"ok"}
    assert named["journal writer"][1].startswith("epoch 1, entry 1 is 0 s old, 0 acts")


def test_a_writer_that_stopped_degrades_but_does_not_stop_the_api(quiet: Town) -> None:
    with served(quiet.services()) as client:
        client.act("sri", "/v1/pickups", {"bin": "stasiun-plastic"})
        quiet.clock.ms += 20 * 60_000
        answer = client.get("/readyz")
        state, sentence = dependencies(client)["journal writer"]

    assert (answer.status_code, answer.json()["status"]) == (200, "degraded")
    assert state == "degraded"
    assert "entry 1 is 20 min old, 1 acts and changes wait" in sentence


def test_a_group_that_nobody_ever_wrote(quiet: Town) -> None:
    with served(replace(quiet.services(), group="elsewhere")) as client:
        state, sentence = dependencies(client)["journal writer"]

    assert state == "degraded"
    assert "no ingester ever wrote group elsewhere" in sentence


def test_alerts_that_nobody_sends(client: Client) -> None:
    state, sentence = dependencies(client)["outbox"]

    assert state == "degraded"
    assert "alerts wait, 0 were given up; the oldest is overdue by" in sentence


def test_a_history_in_trouble_says_what_it_is(quiet: Town) -> None:
    nowhere = InfluxTarget(f"http://{HOST}:{free_port()}", token="", org="", bucket="jemput")
    services = replace(quiet.services(), history=InfluxHistory(nowhere, quiet.clock))

    with served(services) as client:
        first = dependencies(client)["history"]
        quiet.clock.ms += 60_000
        again = dependencies(client)["history"]

    assert first == again
    assert first[0] == "degraded"
    assert first[1].startswith("history is missing since 2026-03-01T01:00:00Z: no answer from")


def test_a_sink_that_fell_behind(client: Client, town: Town) -> None:
    Cursors(town.engine, GROUP).put("influxdb", 3)

    named = dependencies(client)

    sentence = "14 entries behind the journal: it lacks what came since 2026-03-01T01:30:00Z"
    assert named["sink influxdb"] == ("degraded", sentence)
    assert named["sink embedded"] == ("ok", "0 entries behind the journal")


def test_without_its_database_the_api_is_not_ready(
    client: Client, town: Town, tmp_path: Path
) -> None:
    town.engine.dispose()
    for file in tmp_path.glob("town.db*"):
        file.unlink()

    answer = client.get("/readyz")

    assert (answer.status_code, answer.json()["status"]) == (503, "down")
    assert answer.json()["dependencies"][0]["needed"] is True
    assert "no such table" in answer.json()["dependencies"][0]["sentence"]
    assert client.get("/healthz").status_code == 200
    assert metrics(client)["jemput_database_up",] == 0


def test_requests_are_counted_by_route_and_not_by_id(client: Client, town: Town) -> None:
    for path in ("/v1/bins/stasiun-organic", "/v1/bins/stasiun-plastic", "/v1/bins/x", "/x"):
        client.get(path)

    counted = metrics(client)

    name = "jemput_api_requests_total"
    assert counted[name, "GET", "/v1/bins/{bin_id}", "200"] == 2
    assert counted[name, "GET", "/v1/bins/{bin_id}", "404"] == 1
    assert counted[name, "GET", "unmatched", "404"] == 1
    assert counted["jemput_journal_head",] == town.journal.head()
    assert counted["jemput_pickups_open", "lubuk-pakam", "requested"] == 3
    assert counted["jemput_outbox_waiting",] > 0
    assert counted["jemput_sink_position", "embedded"] == town.journal.head()


def test_two_apps_in_one_process_count_apart(quiet: Town) -> None:
    with served(quiet.services()) as one, served(quiet.services()) as other:
        one.get("/v1/bins")

        counted = metrics(other)

    assert ("jemput_api_requests_total", "GET", "/v1/bins", "200") not in counted
