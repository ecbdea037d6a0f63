"""The embedded broker as a process: started, told of new users, stopped, and what it says."""

import asyncio
import os
import socket
import stat
from contextlib import suppress
from pathlib import Path

import pytest
from aiomqtt import Client, MqttError

from jemput.broker.account import BrokerUser, device_user, new_password
from jemput.broker.config import NatsSettings
from jemput.broker.nats import BrokerError, NatsServer, binary
from jemput.broker.ports import PortTakenError, check_port_free, free_port
from tests.servers import HOST

WORD = "a-password-for-tests"


def server(folder: Path, *users: BrokerUser) -> NatsServer:
    return NatsServer(NatsSettings(folder / "broker", free_port()), users)


def client(broker: NatsServer, user: BrokerUser) -> Client:
    return Client(HOST, broker.settings.port, username=user.name, password=user.password, timeout=5)


async def is_let_in(broker: NatsServer, user: BrokerUser) -> bool:
    let_in = False
    with suppress(MqttError):
        async with client(broker, user):
            let_in = True
    return let_in


def test_the_binary_is_the_wheels() -> None:
    assert os.access(binary(), os.X_OK)


def test_it_starts_stops_and_starts_again(tmp_path: Path) -> None:
    broker = server(tmp_path)
    pids = [broker.pid]
    for _ in range(2):
        broker.start()
        pids.append(broker.pid)
        with pytest.raises(PortTakenError, match=r"^port \d+ is taken: choose another$"):
            check_port_free(broker.settings.port)
        broker.stop()
        broker.stop()
        pids.append(broker.pid)
        check_port_free(broker.settings.port)

    assert [pid is not None for pid in pids] == [False, True, False, True, False]


def test_ctrl_c_in_our_terminal_is_not_for_the_broker(tmp_path: Path) -> None:
    with server(tmp_path) as broker:
        assert broker.pid is not None
        assert os.getpgid(broker.pid) != os.getpgrp()


def test_a_taken_port_is_named(tmp_path: Path) -> None:
    broker = server(tmp_path)
    with (
        socket.create_server((HOST, broker.settings.port)),
        pytest.raises(PortTakenError, match=f"^port {broker.settings.port} is taken"),
    ):
        broker.start()

    assert broker.pid is None


def test_a_start_that_fails_says_why(tmp_path: Path) -> None:
    missing = tmp_path / "missing.pem"
    settings = NatsSettings(tmp_path / "b", free_port(), certificate=missing, key=missing)
    broker = NatsServer(settings, [])
    with pytest.raises(BrokerError, match=r"missing\.pem"):
        broker.start()

    assert broker.pid is None


def test_what_it_keeps_is_for_our_eyes_only(tmp_path: Path) -> None:
    word = new_password()
    with server(tmp_path, device_user("a", word)) as broker:
        config = broker.settings.folder / "nats.json"

        assert stat.S_IMODE(config.stat().st_mode) == 0o600
        assert stat.S_IMODE(broker.settings.folder.stat().st_mode) == 0o700
        assert word not in config.read_text()


async def test_a_device_is_added_and_another_revoked_while_a_third_stays_connected(
    tmp_path: Path,
) -> None:
    stays, leaves, comes = (device_user(name, WORD) for name in ("stays", "leaves", "comes"))
    with server(tmp_path, stays, leaves) as broker:
        assert not await is_let_in(broker, comes)
        async with client(broker, stays) as staying:
            leaving = client(broker, leaves)
            await leaving.__aenter__()
            await asyncio.to_thread(broker.reload, [stays, comes])
            with pytest.raises(MqttError):
                await asyncio.wait_for(anext(leaving.messages), 5)
            await leaving.__aexit__(None, None, None)
            await staying.publish("jemput/v1/s/stays/reading", b"", qos=1)

        assert await is_let_in(broker, comes)
        assert not await is_let_in(broker, leaves)


async def test_a_new_password_holds_from_the_reload_on(tmp_path: Path) -> None:
    old, new = device_user("a", WORD), device_user("a", "another-password")
    with server(tmp_path, old) as broker:
        await asyncio.to_thread(broker.reload, [new])

        assert await is_let_in(broker, new)
        assert not await is_let_in(broker, old)


def test_a_thousand_devices_are_ready_in_seconds(tmp_path: Path) -> None:
    users = [device_user(f"device-{number}", new_password()) for number in range(1000)]
    with server(tmp_path, *users) as broker:
        broker.reload(users[:-1])

        assert broker.pid is not None


def test_users_of_a_broker_that_does_not_run_cannot_be_changed(tmp_path: Path) -> None:
    with pytest.raises(BrokerError, match="start it"):
        server(tmp_path).reload([])


async def say_and_wait(sender: Client, topic: str) -> None:
    """Publish, and stay until thrown out."""
    async with sender:
        await sender.publish(topic, b"")
        await asyncio.wait_for(anext(sender.messages), 5)


async def test_a_space_in_a_topic_costs_the_sender_its_link_and_nobody_else(
    tmp_path: Path,
) -> None:
    rude, polite = device_user("rude", WORD), device_user("polite", WORD)
    with server(tmp_path, rude, polite) as broker:
        async with client(broker, polite) as staying:
            with pytest.raises(MqttError):
                await say_and_wait(client(broker, rude), "jemput/v1/a b/rude/reading")
            await staying.publish("jemput/v1/s/polite/reading", b"", qos=1)

            assert await is_let_in(broker, rude)
