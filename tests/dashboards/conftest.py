"""A week in real servers: made once, since reading changes nothing."""

import asyncio
import time
from collections.abc import Iterator
from functools import partial

import pytest

from dashboards.queries import prometheus
from ingest.sinks.facts import facts_after
from ingest.sinks.influx import InfluxSink
from jemput.store.database import writing
from tests.dashboards.grafana import Asking, ask
from tests.dashboards.week import HOURS, Week
from tests.influx_servers import own_target
from tests.integration.api.town import BINS, Town, served
from tests.integration.sink_journal import Following, new_journal
from tests.servers import InfluxDb, Prometheus, wait_until

SCRAPES_S = 30
COUNTER = 'jemput_api_requests_total{route="/v1/bins"}'


@pytest.fixture(scope="session")
def week_in_influx(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of an InfluxDB that holds it, written by the real sink."""
    folder = tmp_path_factory.mktemp("week")
    journal, week = new_journal(folder), Week()
    assert len(week.entries) > HOURS
    journal.take_over()
    for entry in week.entries:
        with writing(journal.engine) as connection:
            journal.append(connection, entry)
    with InfluxDb(folder / "influxdb") as server:
        sink = InfluxSink(own_target(server), partial(facts_after, journal))

        async def write() -> None:
            async with Following(journal, sink) as following:
                await following.reach(len(week.entries))

        asyncio.run(write())
        yield server.url


@pytest.fixture(scope="session")
def town_in_prometheus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a Prometheus that scraped a living town's API."""
    folder = tmp_path_factory.mktemp("town")
    town = Town(folder)
    town.hear_all(dict.fromkeys(BINS, 90))
    with (
        served(town.services()) as client,
        Prometheus(folder / "prometheus", client.base_url.netloc.decode()) as server,
    ):
        # A counter that was never scraped before has no rate: it is asked of twice.
        client.get("/v1/bins")
        wait_until(partial(_has, server.url, COUNTER), SCRAPES_S, "a scrape")
        town.hear_all(dict.fromkeys(BINS, 91), times=2)
        client.get("/v1/bins")
        wait_until(partial(_has, server.url, f"rate({COUNTER}[60s]) > 0"), SCRAPES_S, "a rate")
        yield server.url


def _has(url: str, text: str) -> bool:
    now_ms = int(time.time() * 1000)
    return bool(ask(url, prometheus(text, "number"), Asking(now_ms - 60_000, now_ms)))
