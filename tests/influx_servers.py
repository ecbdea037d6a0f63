"""InfluxDB servers that suites run on: Debian's own, and any that the environment names."""

import os
from typing import Final

import pytest

from jemput.store.influx import InfluxTarget
from tests.servers import InfluxDb

SERVERS: Final = ("own", "named") if os.environ.get("JEMPUT_TEST_INFLUX_URL") else ("own",)
"""Parameters of a fixture that calls `any_target`."""


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


def any_target(request: pytest.FixtureRequest) -> InfluxTarget:
    """The server that a fixture's parameter, one of `SERVERS`, asks for."""
    if request.param == "named":
        return named_target()
    return own_target(request.getfixturevalue("influxdb"))
