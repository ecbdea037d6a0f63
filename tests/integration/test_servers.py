"""The servers that other tests stand on: they start, keep what they should, and leave nothing."""

import http.client
import os
import socket
from pathlib import Path

import pytest
from aiomqtt import Client, MqttError
from sqlalchemy import NullPool, create_engine, text

from tests.databases import running_postgresql
from tests.servers import HOST, InfluxDb, Mosquitto, require, wait_until

TOPIC = "jemput/v1/lubuk-pakam/dev-1/status"


def client(broker: Mosquitto, user: str | None = None, password: str | None = None) -> Client:
    return Client(HOST, broker.port, username=user, password=password)


async def publish(client: Client) -> None:
    await client.publish(TOPIC, b"online", qos=1, retain=True)


async def retained(client: Client) -> object:
    await client.subscribe(TOPIC, qos=1)
    message = await anext(client.messages)
    return message.payload


def ask(server: InfluxDb, method: str, path: str, body: bytes = b"") -> tuple[int, bytes]:
    connection = http.client.HTTPConnection(HOST, server.port, timeout=5)
    try:
        connection.request(method, path, body)
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


async def test_a_lossless_broker_keeps_what_it_saved_over_a_kill(mosquitto: Mosquitto) -> None:
    async with client(mosquitto) as device:
        await publish(device)
    wait_until(lambda: mosquitto.has_saved(b"online"), 5, "saving")

    mosquitto.kill()
    mosquitto.start()

    async with client(mosquitto) as operator:
        assert await retained(operator) == b"online"


async def test_a_broker_with_passwords_refuses_a_wrong_one(tmp_path: Path) -> None:
    acl = f"user dev-1\ntopic write {TOPIC}\n"
    with Mosquitto(tmp_path / "broker", passwords={"dev-1": "right"}, acl=acl) as broker:
        async with client(broker, "dev-1", "right") as device:
            await publish(device)

        with pytest.raises(MqttError, match="Not authorized"):
            async with client(broker, "dev-1", "wrong"):
                pass


def test_influxdb_keeps_its_points_over_a_restart(influxdb: InfluxDb) -> None:
    assert ask(influxdb, "POST", "/query?q=CREATE%20DATABASE%20town")[0] == 200
    assert ask(influxdb, "POST", "/write?db=town", b"bin level=91i 1700000000000000000")[0] == 204

    influxdb.stop()
    influxdb.start()

    status, body = ask(influxdb, "GET", "/query?db=town&q=SELECT%20level%20FROM%20bin")
    assert status == 200
    assert b'["2023-11-14T22:13:20Z",91]' in body


def test_postgresql_keeps_what_it_committed_over_a_kill() -> None:
    with running_postgresql() as server:
        engine = create_engine(server.url(server.make_schema()), poolclass=NullPool)
        with engine.begin() as connection:
            connection.execute(text("CREATE TABLE town AS SELECT 91 AS level"))

        server.kill()
        server.start()

        with engine.connect() as connection:
            assert connection.execute(text("SELECT level FROM town")).scalar_one() == 91
            assert connection.execute(text("SHOW fsync")).scalar_one() == "on"


def test_a_server_leaves_neither_a_process_nor_a_listener(tmp_path: Path) -> None:
    with Mosquitto(tmp_path / "broker") as broker:
        pid = broker.pid

    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((HOST, broker.port), timeout=1)


def test_a_server_that_cannot_start_says_why(tmp_path: Path) -> None:
    broker = Mosquitto(tmp_path / "broker")
    with socket.create_server((HOST, broker.port)) as listener:
        listener.listen(0)
        broker.is_ready = lambda: False  # type: ignore[method-assign]  # the stranger would answer

        with pytest.raises(RuntimeError, match="Address already in use"):
            broker.start()


def test_a_missing_server_skips_by_name_and_fails_where_servers_are_required(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("tests.servers.programs.find", lambda _: None)
    monkeypatch.delenv("JEMPUT_TEST_REQUIRE_SERVERS", raising=False)
    with pytest.raises(pytest.skip.Exception, match=r"influxd is not installed.*influxdb"):
        require("influxd")

    monkeypatch.setenv("JEMPUT_TEST_REQUIRE_SERVERS", "1")
    with pytest.raises(pytest.fail.Exception, match=r"influxd is not installed.*influxdb"):
        require("influxd")
