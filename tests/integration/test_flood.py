"""The load generator against real brokers: all of it arrives, is timed, and refusals are said."""

import asyncio
import csv
import json
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiomqtt import Client

from jemput.broker.account import BrokerUser
from jemput.broker.config import NatsSettings
from jemput.broker.nats import NatsServer
from jemput.broker.ports import free_port
from jemput.cli.tls.folder import Certificates
from jemput.payload import decode
from simulator.flood.link import Broker, FloodError
from simulator.flood.messages import Plan
from simulator.flood.pour import pour
from tests.servers import HOST, Mosquitto

WORD = "a-password-for-tests"
SENDER = BrokerUser("sender", WORD, publish=("jemput/#",), subscribe=())
EAR = BrokerUser("ear", WORD, publish=("t/#",), subscribe=("jemput/#",))
READINGS = "jemput/v1/+/+/reading"
TIMEOUT_S = 60


@pytest.fixture(params=["nats", "mosquitto"])
def port(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[int]:
    """Where a broker of each kind listens."""
    if request.param == "nats":
        settings = NatsSettings(tmp_path / "broker", free_port())
        with NatsServer(settings, (SENDER, EAR)):
            yield settings.port
    else:
        words = {SENDER.name: WORD, EAR.name: WORD}
        with Mosquitto(tmp_path / "broker", passwords=words) as broker:
            yield broker.port


@asynccontextmanager
async def hearing(port: int, count: int) -> AsyncIterator["asyncio.Task[set[tuple[str, int]]]"]:
    """The first `count` readings that are heard: device and sequence."""
    async with Client(HOST, port, username=EAR.name, password=WORD, timeout=30) as client:
        await client.subscribe(READINGS, qos=1)

        async def hear() -> set[tuple[str, int]]:
            heard: set[tuple[str, int]] = set()
            async for message in client.messages:
                (reading,) = decode(bytes(message.payload)).readings
                heard.add((str(message.topic).split("/")[3], reading.seq))
                if len(heard) == count:
                    break
            return heard

        async with asyncio.timeout(TIMEOUT_S), asyncio.TaskGroup() as tasks:
            yield tasks.create_task(hear())


def told(broker: Broker, *options: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "simulator.flood", "--host", broker.host]
    command += ["--port", str(broker.port), *options]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=TIMEOUT_S)


@pytest.mark.parametrize("connections", [1, 3])
async def test_everything_arrives_and_is_timed(port: int, connections: int) -> None:
    plan = Plan(count=500, devices=40, connections=connections)
    async with hearing(port, plan.count) as heard:
        poured = await pour(Broker(HOST, port, SENDER.name, WORD), plan, window=20)
    messages = [one for link in range(connections) for one in plan.of_link(link)]
    assert await heard == {(plan.device(one.device), one.seq) for one in messages}
    assert [one for times in poured.times for one in times.messages] == messages
    pairs = [(a, s) for one in poured.times for a, s in zip(one.acked_s, one.sent_s, strict=True)]
    assert len(pairs) == plan.count
    assert all(time.time() >= acked >= sent > 0 for acked, sent in pairs)
    assert poured.puback_s(990) >= poured.puback_s(500) > 0


async def test_a_rate_is_kept(port: int) -> None:
    plan = Plan(count=300, devices=7, connections=2)
    poured = await pour(Broker(HOST, port, SENDER.name, WORD), plan, window=500, rate=200)
    assert poured.seconds >= plan.count / 200
    assert poured.msgs_per_s <= 200


async def test_a_wrong_password_is_said(port: int) -> None:
    with pytest.raises(FloodError, match=r"check user and password|the broker left"):
        await pour(Broker(HOST, port, SENDER.name, "wrong"), Plan(1, 1), window=1)


async def test_a_broker_that_goes_away_is_said(tmp_path: Path) -> None:
    with Mosquitto(tmp_path / "broker") as broker:
        plan = Plan(count=10**9, devices=5)
        pouring = asyncio.create_task(pour(Broker(HOST, broker.port), plan, window=5, rate=1000))
        await asyncio.sleep(0.2)
        broker.kill()
        with pytest.raises(FloodError, match="the broker left"):
            await asyncio.wait_for(pouring, TIMEOUT_S)


def test_the_command_says_what_it_did(port: int, tmp_path: Path) -> None:
    word = tmp_path / "word"
    word.write_text(f"{WORD}\n")
    options = ("--username", SENDER.name, "--password-file", str(word), "--json")
    sizes = ("--count", "50", "--devices", "20", "--window", "9", "--rate", "5000")
    times = tmp_path / "times.csv"
    ended = told(Broker(HOST, port), *options, *sizes, "--times", str(times), "--boot", "5")
    assert (ended.returncode, ended.stderr) == (0, "")
    report = json.loads(ended.stdout)
    assert report["messages"] == 50
    assert report["p99_puback_s"] >= report["p50_puback_s"]
    with times.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    assert {(row["device"], row["seq"]) for row in rows} == {
        (f"flood-{index % 20:06}", str(1 + index // 20)) for index in range(50)
    }
    assert all(float(row["acked_s"]) >= float(row["sent_s"]) > 0 for row in rows)


def test_the_command_says_what_is_wrong() -> None:
    ended = told(Broker(HOST, free_port()), "--count", "5")
    assert ended.returncode == 2
    assert ended.stderr.startswith("flood: ")
    assert "Traceback" not in ended.stderr
    assert "at most 65535" in told(Broker(HOST, 1), "--window", "65536").stderr


def test_it_speaks_tls(tmp_path: Path) -> None:
    certificates = Certificates(tmp_path / "tls")
    certificates.make("flood", [HOST], time.time())
    server = certificates.server
    settings = NatsSettings(tmp_path / "broker", free_port(), certificate=server, key=server)
    word = tmp_path / "word"
    word.write_text(WORD)
    options = ("--username", SENDER.name, "--password-file", str(word), "--count", "100")
    with NatsServer(settings, (SENDER,)):
        spoken = told(Broker(HOST, settings.port), *options, "--ca", str(certificates.authority))
        plain = told(Broker(HOST, settings.port), *options)
    assert (spoken.returncode, spoken.stderr) == (0, "")
    assert plain.returncode == 2
