"""History from a real InfluxDB: as the embedded one, and while it is down nothing else is."""

import asyncio
import os
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from jemput.points import lines
from jemput.store.history import Cursors
from jemput.store.influx import Influx, InfluxTarget
from jemput.store.influx_history import InfluxHistory
from tests.integration.api.town import GROUP, Client, Town, served
from tests.servers import InfluxDb

BIN = "pasar-delimas-organic"
READINGS = f"/v1/bins/{BIN}/readings"


def target(influxdb: InfluxDb) -> InfluxTarget:
    return InfluxTarget(influxdb.url, token="", org="", bucket="jemput")


async def fill(influxdb: InfluxDb, town: Town) -> None:
    influx = await Influx.open(target(influxdb))
    for entry in town.journal.entries():
        await influx.write(lines(entry.readings))
    await influx.close()


@pytest.fixture
def asking(influxdb: InfluxDb, town: Town) -> Iterator[Client]:
    """Asks an API that reads history from InfluxDB."""
    asyncio.run(fill(influxdb, town))
    history = InfluxHistory(target(influxdb), town.clock)
    with served(replace(town.services(), history=history)) as client:
        yield client


def history_of(client: Client) -> dict[str, Any]:
    named = {one["name"]: one for one in client.get("/readyz").json()["dependencies"]}
    found: dict[str, Any] = named["history"]
    return found


def metrics(client: Client) -> dict[str, float]:
    """Those of the history."""
    begin = "jemput_history_"
    return {
        family.name.removeprefix(begin): family.samples[0].value
        for family in text_string_to_metric_families(client.get("/metrics").text)
        if family.name.startswith(begin)
    }


@pytest.mark.parametrize("query", ["", "?every=1h", "?from=1772330400&to=1772332200"])
def test_readings_are_those_of_the_embedded_history(
    asking: Client, client: Client, query: str
) -> None:
    said = asking.get(READINGS + query).json()

    assert said == client.get(READINGS + query).json()
    assert said["readings"]


def test_while_it_is_down_all_else_is_served_and_since_when_is_said(
    asking: Client, influxdb: InfluxDb, town: Town, budis: str
) -> None:
    assert asking.get(READINGS).status_code == 200
    influxdb.kill()
    down_s = town.clock.ms // 1000

    said = asking.get(READINGS)
    town.clock.ms += 60_000
    later = asking.get(READINGS)

    assert (said.status_code, said.json()["type"]) == (503, "/problems/history-down")
    assert said.json()["since_s"] == later.json()["since_s"] == down_s
    assert influxdb.url in said.json()["detail"]
    assert history_of(asking)["state"] == "degraded"
    assert history_of(asking)["since_s"] == down_s
    assert metrics(asking) == {"up": 0, "missing_since_seconds": down_s}
    assert "history is missing since 2026-03-01T" in history_of(asking)["sentence"]
    assert asking.get("/readyz").status_code == 200
    assert asking.get(f"/v1/bins/{BIN}").json()["level_percent"] == 90
    assert asking.act("budi", f"/v1/pickups/{budis}/accept").status_code == 200
    assert asking.get("/v1/pickups").json()["pickups"]

    influxdb.start()

    assert asking.get(READINGS).status_code == 200
    assert history_of(asking)["state"] == "ok"
    assert history_of(asking)["since_s"] is None
    assert metrics(asking) == {"up": 1, "missing_since_seconds": 0}


def test_since_when_is_known_after_a_restart_too(
    asking: Client, influxdb: InfluxDb, town: Town
) -> None:
    Cursors(town.engine, GROUP).put("influx", 3)
    entry_4 = next(town.journal.entries(3))
    influxdb.kill()
    since_s = entry_4.intake.now_ms // 1000

    said = asking.get(READINGS).json()

    assert said["since_s"] == since_s < town.clock.ms // 1000
    since = datetime.fromtimestamp(since_s, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    assert said["detail"].startswith(f"history is missing since {since}: no answer from")
    assert said["detail"] == history_of(asking)["sentence"]


def test_a_server_that_hangs_holds_nothing_else_up(asking: Client, influxdb: InfluxDb) -> None:
    assert asking.get(READINGS).status_code == 200
    os.kill(influxdb.pid, signal.SIGSTOP)
    try:
        with ThreadPoolExecutor(60) as many:
            # More than the API has threads.
            waiting = [many.submit(asking.get, READINGS, timeout=30) for _ in range(60)]
            answers = [asking.get("/v1/bins").elapsed.total_seconds() for _ in range(5)]
            trouble = history_of(asking)["sentence"]
            os.kill(influxdb.pid, signal.SIGCONT)
            assert {one.result().status_code for one in waiting} == {200}
    finally:
        os.kill(influxdb.pid, signal.SIGCONT)

    assert max(answers) < 2
    assert "is silent for 2 s" in trouble
    assert history_of(asking)["state"] == "ok"
