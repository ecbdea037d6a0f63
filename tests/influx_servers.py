"""InfluxDB servers that suites run on: Debian's own, two other dialects, and one that is named.

Whatever a test writes has names that no other test uses: a named server holds what it held.
"""

import contextlib
import os
import secrets
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Final

import pytest

from jemput.store.influx import InfluxTarget
from jemput.store.influx_link import Link
from jemput.store.influx_setup import MayNotError, SetupError, set_up
from jemput.store.influxql import name_of
from tests.influx_dialects import in_front
from tests.servers import HOST, InfluxDb

DIALECTS: Final = {"like-2.9.1": "v2.9.1", "like-3.10.1": "3.10.1"}
"""Debian's server behind a front that answers as another generation did."""
NAMED: Final = "named"
SERVERS: Final = (
    "own",
    *DIALECTS,
    *((NAMED,) if os.environ.get("JEMPUT_TEST_INFLUX_URL") else ()),
)
"""Parameters of a fixture that calls `any_target`."""
FIRST_WITH_DATABASES_AGAIN: Final = (3, 0)


def own_target(influxdb: InfluxDb) -> InfluxTarget:
    """The `jemput` database of a server of the test's own."""
    return InfluxTarget(influxdb.url, token="", org="", bucket="jemput")


def named_target() -> InfluxTarget:
    """The bucket that the environment names."""
    told = {
        what: os.environ.get(f"JEMPUT_TEST_INFLUX_{what}", "")
        for what in ("URL", "TOKEN", "ORG", "BUCKET")
    }
    return InfluxTarget(told["URL"], told["TOKEN"], told["ORG"], told["BUCKET"] or "jemput")


@contextlib.contextmanager
def reached(server: str, influxdb: InfluxDb | None) -> Iterator[InfluxTarget]:
    """One of `SERVERS`; `influxdb` is what stores where it is not the named one."""
    if server == NAMED:
        yield named_target()
        return
    assert influxdb is not None
    if server in DIALECTS:
        with in_front(DIALECTS[server], f"{HOST}:{influxdb.port}") as target:
            yield target
    else:
        yield own_target(influxdb)


@contextlib.contextmanager
def any_target(request: pytest.FixtureRequest) -> Iterator[InfluxTarget]:
    """The server that a fixture's parameter, one of `SERVERS`, asks for."""
    influxdb = None if request.param == NAMED else request.getfixturevalue("influxdb")
    with reached(request.param, influxdb) as target:
        yield target


async def made_where_it_may(target: InfluxTarget) -> InfluxTarget:
    """With its bucket made; whoever may make nothing finds it made."""
    with contextlib.suppress(SetupError):
        await set_up(target)
    return target


def own_name() -> str:
    """A name that nobody else uses, for a bucket."""
    return f"jemput-test-{secrets.token_hex(6)}"


@asynccontextmanager
async def own_bucket(
    target: InfluxTarget, retention_s: int | None = None
) -> AsyncIterator[InfluxTarget]:
    """A bucket of the test's own. Skips only where the server refuses the right to make one."""
    own = replace(target, bucket=own_name())
    try:
        await set_up(own, retention_s)
    except MayNotError as error:
        pytest.skip(f"a bucket of the test's own cannot be made: {error}")
    try:
        yield own
    finally:
        await drop(own)


async def drop(target: InfluxTarget) -> None:
    """Remove a bucket that a test made."""
    link = await Link.open(target)
    try:
        if link.version >= FIRST_WITH_DATABASES_AGAIN:
            await link.call("DELETE", "/api/v3/configure/database", db=target.bucket)
        elif link.version >= (2, 0):
            _, found = await link.call("GET", "/api/v2/buckets", name=target.bucket, org=target.org)
            for bucket in found.get("buckets") or []:
                await link.call("DELETE", f"/api/v2/buckets/{bucket['id']}")
        else:
            name = name_of(target.bucket)
            await link.ask(f"DROP DATABASE {name}", changes=True, database=False)
    finally:
        await link.close()
