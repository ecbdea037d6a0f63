"""`jemput influx setup`: on servers that there are, and on dialects of 2.x and 3 as documented."""

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from jemput.store.influx import Influx, InfluxTarget
from jemput.store.influx_link import Link
from jemput.store.influx_setup import MayNotError, SetupError, set_up
from jemput.store.influxql import seconds_of, shard_s
from tests.influx_servers import SERVERS, any_target, own_bucket, own_target
from tests.servers import InfluxDb

JEMPUT = Path(sys.executable).parent / "jemput"
DAY_S = 86_400
SETTLE_S = 30.0


def run(target: InfluxTarget, *arguments: str) -> subprocess.CompletedProcess[str]:
    told = {"JEMPUT_INFLUX_URL": target.url, "JEMPUT_INFLUX_BUCKET": target.bucket}
    return subprocess.run(
        [JEMPUT, "influx", "setup", *arguments],
        env=os.environ | told,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


@pytest.fixture(params=SERVERS)
def there(request: pytest.FixtureRequest) -> Iterator[InfluxTarget]:
    """A server where a test makes buckets of its own, if it may."""
    with any_target(request) as target:
        yield target


async def test_what_is_missing_is_made_once_and_twice_changes_nothing(
    there: InfluxTarget,
) -> None:
    async with own_bucket(there) as target:
        again = await set_up(target)
        assert again == await set_up(target)
        assert again[0].endswith(f"{target.bucket} is there")
        influx = await Influx.open(target, make=False)
        await influx.write(f'reading,bin=bin-1,device=dev-1 quality="ok" {time.time_ns()}'.encode())
        await until(influx.count, 1)
        await influx.close()


@pytest.mark.parametrize("days", [2, 90, 0])
async def test_retention_is_what_was_asked_wherever_it_can_be_changed(
    there: InfluxTarget, days: int
) -> None:
    async with own_bucket(there, 30 * DAY_S) as target:
        said = (await set_up(target, days * DAY_S))[1]
        again = (await set_up(target, days * DAY_S))[1]

        how_long = f"for {days} days" if days else "for ever"
        assert (said, again) in [
            (f"made it keep readings {how_long}", f"it keeps readings {how_long}"),
            ("its retention stays as it was made",) * 2,  # 3 Core has no word to change it
        ]


async def until(look: Callable[[], Awaitable[int]], expected: int) -> None:
    """InfluxDB 3 shows what it acknowledged a second later."""
    deadline = time.monotonic() + SETTLE_S
    while (found := await look()) != expected:
        assert time.monotonic() < deadline, f"{found} instead of {expected}"
        await asyncio.sleep(0.05)


async def test_a_name_may_be_odd(influxdb: InfluxDb) -> None:
    odd = InfluxTarget(influxdb.url, token="", org="", bucket='the "town" of 1')

    assert await set_up(odd) == [f"made database {odd.bucket}"]
    assert await set_up(odd) == [f"database {odd.bucket} is there"]
    link = await Link.open(odd)
    assert [odd.bucket] in await link.ask("SHOW DATABASES", database=False)
    await link.close()
    influx = await Influx.open(odd, make=False)
    await influx.write(b'reading,bin=bin-1,device=dev-1 quality="ok" 1')
    assert await influx.count() == 1
    await influx.close()


@pytest.mark.parametrize("days", [1, 90, 365, 0])
async def test_retention_is_what_was_asked(influxdb: InfluxDb, days: int) -> None:
    target = own_target(influxdb)
    await set_up(target, 30 * DAY_S)

    _, said = await set_up(target, days * DAY_S)
    _, again = await set_up(target, days * DAY_S)

    how_long = f"for {days} days" if days else "for ever"
    assert said == f"made it keep readings {how_long}"
    assert again == f"it keeps readings {how_long}"
    link = await Link.open(target)
    [policy] = await link.ask('SHOW RETENTION POLICIES ON "jemput"')
    await link.close()
    assert seconds_of(policy[1]) == days * DAY_S
    assert seconds_of(policy[2]) == shard_s(days * DAY_S)


def test_the_command_says_what_it_did(influxdb: InfluxDb) -> None:
    target = own_target(influxdb)

    first, again = run(target, "--retention", "90d"), run(target, "--retention", "90d")

    assert first.stdout.splitlines() == [
        "made database jemput",
        "made it keep readings for 90 days",
    ], first.stderr
    assert again.stdout.splitlines() == [
        "database jemput is there",
        "it keeps readings for 90 days",
    ]
    influxdb.kill()
    down = run(target)
    assert down.returncode == 2
    assert "no answer from" in down.stderr
    assert "Traceback" not in down.stderr


@dataclass
class Scripted:
    """The parts of 2.x and 3 that are spoken to, as their documentation has them."""

    version: str
    maps_by_itself: bool = True
    may: bool = True
    may_see: bool = True
    buckets: list[dict[str, Any]] = field(default_factory=list)
    mappings: list[dict[str, Any]] = field(default_factory=list)
    databases: dict[str, str | None] = field(default_factory=dict)

    def app(self) -> web.Application:
        app = web.Application()
        app.add_routes(
            [
                web.get("/ping", self.ping),
                web.get("/api/v2/buckets", self.list_buckets),
                web.post("/api/v2/buckets", self.make_bucket),
                web.patch("/api/v2/buckets/{id}", self.change_bucket),
                web.get("/api/v2/orgs", self.list_orgs),
                web.get("/api/v2/dbrps", self.list_mappings),
                web.post("/api/v2/dbrps", self.make_mapping),
                web.post("/api/v3/configure/database", self.make_database),
            ]
        )
        return app

    async def ping(self, _: web.Request) -> web.Response:
        return web.Response(status=204, headers={"X-Influxdb-Version": self.version})

    async def list_buckets(self, request: web.Request) -> web.Response:
        assert request.headers["Authorization"] == "Token secret"
        name = request.query["name"]
        return web.json_response({"buckets": [b for b in self.buckets if b["name"] == name]})

    async def make_bucket(self, request: web.Request) -> web.Response:
        if not self.may:
            words = {"code": "unauthorized", "message": "unauthorized access"}
            return web.json_response(words, status=401)
        bucket = {"id": f"b{len(self.buckets)}", **(await request.json())}
        self.buckets.append(bucket)
        if self.maps_by_itself:
            self.mappings.append(
                {"bucketID": bucket["id"], "database": bucket["name"], "virtual": True}
            )
        return web.json_response(bucket, status=201)

    async def change_bucket(self, request: web.Request) -> web.Response:
        [bucket] = [b for b in self.buckets if b["id"] == request.match_info["id"]]
        bucket.update(await request.json())
        return web.json_response(bucket)

    async def list_orgs(self, request: web.Request) -> web.Response:
        if not self.may_see:
            return web.json_response({"orgs": []})
        if request.query["org"] != "lubuk-pakam":
            words = {"code": "not found", "message": "organization name not found"}
            return web.json_response(words, status=404)
        return web.json_response({"orgs": [{"id": "o1", "name": "lubuk-pakam"}]})

    async def list_mappings(self, request: web.Request) -> web.Response:
        assert request.query["orgID"] == "o1"
        found = [m for m in self.mappings if m["database"] == request.query["db"]]
        return web.json_response({"content": found})

    async def make_mapping(self, request: web.Request) -> web.Response:
        self.mappings.append(await request.json())
        return web.json_response(self.mappings[-1], status=201)

    async def make_database(self, request: web.Request) -> web.Response:
        asked = await request.json()
        if asked["db"] in self.databases:
            return web.Response(status=409, text="already exists")
        self.databases[asked["db"]] = asked.get("retention_period")
        return web.Response(status=200)


@pytest.fixture
def scripted(request: pytest.FixtureRequest) -> Scripted:
    made: Scripted = request.param
    return made


@pytest.fixture
async def target(scripted: Scripted) -> AsyncIterator[InfluxTarget]:
    async with TestServer(scripted.app()) as server:
        yield InfluxTarget(str(server.make_url("/")), "secret", "lubuk-pakam", "jemput")


@pytest.mark.parametrize("scripted", [Scripted("v2.9.1")], indirect=True)
async def test_a_bucket_of_2_is_made_once_with_its_retention(
    scripted: Scripted, target: InfluxTarget
) -> None:
    assert await set_up(target, 90 * DAY_S) == [
        "made bucket jemput",
        "it keeps readings for 90 days",
        "InfluxQL finds it as database jemput",
    ]
    before = [dict(one) for one in scripted.buckets]
    assert (await set_up(target, 90 * DAY_S))[0] == "bucket jemput is there"
    assert scripted.buckets == before
    assert (await set_up(target, 0))[1] == "made it keep readings for ever"
    assert (await set_up(target, 0))[1] == "it keeps readings for ever"


@pytest.mark.parametrize("scripted", [Scripted("2.0.9", maps_by_itself=False)], indirect=True)
async def test_an_old_2_gets_the_mapping_that_influxql_needs(
    scripted: Scripted, target: InfluxTarget
) -> None:
    assert (await set_up(target))[-1].startswith("made the mapping")
    assert (await set_up(target))[-1] == "InfluxQL finds it as database jemput"
    assert scripted.mappings == [
        {
            "bucketID": "b0",
            "orgID": "o1",
            "database": "jemput",
            "retention_policy": "autogen",
            "default": True,
        }
    ]


@pytest.mark.parametrize("scripted", [Scripted("v2.9.1", may=False)], indirect=True)
async def test_what_may_not_be_made_is_said_with_the_servers_words(
    scripted: Scripted, target: InfluxTarget
) -> None:
    with pytest.raises(MayNotError, match=r"401: unauthorized access: .* token that may make"):
        await set_up(target)
    elsewhere = InfluxTarget(target.url, target.token, "elsewhere", target.bucket)
    with pytest.raises(SetupError, match=r"no organisation 'elsewhere'.*JEMPUT_INFLUX_ORG"):
        await set_up(elsewhere)
    assert scripted.buckets == []


@pytest.mark.parametrize("scripted", [Scripted("v2.9.1", may_see=False)], indirect=True)
async def test_a_token_of_one_bucket_is_not_told_that_its_organisation_is_missing(
    scripted: Scripted, target: InfluxTarget
) -> None:
    with pytest.raises(MayNotError, match="may not see organisation 'lubuk-pakam'"):
        await set_up(target)
    assert scripted.buckets == []


@pytest.mark.parametrize("scripted", [Scripted("3.10.1")], indirect=True)
async def test_a_database_of_3_is_made_once(scripted: Scripted, target: InfluxTarget) -> None:
    assert await set_up(target, 30 * DAY_S) == [
        "made database jemput",
        "it keeps readings for 30 days",
    ]
    assert await set_up(target) == ["database jemput is there"]
    assert await set_up(target, DAY_S) == [
        "database jemput is there",
        "its retention stays as it was made",
    ]
    assert scripted.databases == {"jemput": "2592000s"}
