"""A week in real servers: made once, since reading changes nothing."""

import asyncio
import secrets
import time
from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import pytest

from dashboards.queries import prometheus
from ingest.sinks.facts import facts_after
from ingest.sinks.influx import InfluxSink
from jemput.remote.status import Status
from jemput.store.database import writing
from jemput.store.influx import InfluxTarget
from jemput.store.statuses import Saying, Statuses
from tests.builders import HOUR_S
from tests.dashboards.grafana import Asking, ask
from tests.dashboards.week import HOURS, Week, WeekThere
from tests.influx_servers import NAMED, SERVERS, made_where_it_may, own_target, reached
from tests.integration.api.town import BINS, GROUP, Town, served
from tests.integration.sink_journal import Following, new_journal
from tests.servers import InfluxDb, Prometheus, wait_until

SCRAPES_S = 30
COUNTER = 'jemput_api_requests_total{route="/v1/bins"}'


@pytest.fixture(scope="session")
def own_week(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WeekThere]:
    """In Debian's InfluxDB, where nothing else is; all sites are chosen."""
    folder, week = tmp_path_factory.mktemp("week"), Week()
    with InfluxDb(folder / "influxdb") as server:
        write(week, own_target(server), folder)
        whole = Asking(week.start_s * 1000, week.end_s * 1000, HOUR_S)
        yield WeekThere(own_target(server), week, whole)


@pytest.fixture(scope="session")
def week_in_influx(own_week: WeekThere) -> str:
    """The URL of an InfluxDB that holds it, written by the real sink."""
    return own_week.target.url


@pytest.fixture(scope="session", params=[one for one in SERVERS if one != "like-2.9.1"])
def there(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[WeekThere]:
    """On every server: elsewhere a week of a town of its own ended just now."""
    if request.param == "own":
        yield request.getfixturevalue("own_week")
        return
    folder = tmp_path_factory.mktemp("week")
    begin_s = int(time.time()) // HOUR_S * HOUR_S - (HOURS - 1) * HOUR_S
    week = Week(begin_s, f"-{secrets.token_hex(4)}")
    with ExitStack() as stack:
        server = None
        if request.param != NAMED:
            server = stack.enter_context(InfluxDb(folder / "influxdb"))
        target = stack.enter_context(reached(request.param, server))
        asyncio.run(made_where_it_may(target))
        write(week, target, folder)
        chosen = (("site", week.sites),)
        yield WeekThere(target, week, Asking(begin_s * 1000, week.end_s * 1000, HOUR_S, chosen))


def write(week: Week, target: InfluxTarget, folder: Path) -> None:
    """By the real sink, from a journal of its own."""
    journal = new_journal(folder)
    assert len(week.entries) > HOURS
    journal.take_over()
    for entry in week.entries:
        with writing(journal.engine) as connection:
            journal.append(connection, entry)
    sink = InfluxSink(target, partial(facts_after, journal))

    async def follow() -> None:
        async with Following(journal, sink) as following:
            await following.reach(len(week.entries))

    asyncio.run(follow())


@pytest.fixture(scope="session")
def town_in_prometheus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a Prometheus that scraped a living town's API."""
    folder = tmp_path_factory.mktemp("town")
    town = Town(folder)
    town.hear_all(dict.fromkeys(BINS, 90))
    said = Status(1, "asleep", firmware="0.1.0")
    Statuses(town.engine, GROUP).note([Saying("lubuk-pakam", "d-1", town.clock.ms, said)])
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
