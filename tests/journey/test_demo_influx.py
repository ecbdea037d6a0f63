"""The demo with InfluxDB: the machine's own started for it, or one at a URL; every reading once."""

import asyncio
import json
import re
import socket
import subprocess
from typing import Any

import pytest

from jemput.store.influx import Influx, InfluxTarget
from tests.influx_servers import own_target
from tests.journey.test_demo import run
from tests.servers import HOST, InfluxDb, require

EXAMPLE = re.compile(
    r"curl -s 'http://127\.0\.0\.1:(\d+)/query\?db=jemput&q=\S+'$",
    re.MULTILINE,
)


def result(done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    assert done.returncode == 0, done.stderr[-2000:]
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def test_every_reading_is_a_point_in_an_influxdb_of_the_demos_own() -> None:
    require("influxd")
    done = run("demo", "--influx", "auto", "--for", "8s", "--json")

    found = result(done)
    assert found["readings_stored"] > 100
    assert found["influx_points"] == found["readings_stored"]
    # On its own line and unbroken, so that it can be copied; and the server went with the demo.
    example = EXAMPLE.search(done.stderr)
    assert example is not None
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((HOST, int(example[1])), timeout=1)


def test_a_server_that_is_there_gets_them_beside_what_it_holds(influxdb: InfluxDb) -> None:
    asyncio.run(write_as_somebody_else(own_target(influxdb)))

    found = result(run("demo", "--influx", influxdb.url, "--for", "5s", "--json"))

    assert found["influx_points"] == found["readings_stored"] > 0


async def write_as_somebody_else(target: InfluxTarget) -> None:
    influx = await Influx.open(target)
    for second in range(3):
        line = f'reading,bin=elsewhere,device=dev-x quality="ok" {second}000000000'
        await influx.write(line.encode())
    await influx.close()


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ("yes", "neither auto, none nor a URL"),
        ("http://127.0.0.1:9", "no answer from http"),
    ],
)
def test_what_cannot_be_had_is_a_clear_error(asked: str, sentence: str) -> None:
    done = run("demo", "--influx", asked, "--for", "1s")

    assert done.returncode == 2
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr
