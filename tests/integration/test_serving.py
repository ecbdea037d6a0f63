"""`jemput ingest` and `jemput api` as processes of their own, told by settings only."""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import paho.mqtt.publish as mqtt
import pytest

from api.users import hash_password
from firmware.payload import encode_message
from jemput import topics
from jemput.broker.account import INGEST, device_user, ingest_user
from jemput.broker.config import NatsSettings
from jemput.broker.nats import NatsServer
from jemput.broker.ports import LOOPBACK, free_port
from jemput.entry import Link
from jemput.roles import Role, User
from jemput.store.accounts import Accounts
from jemput.store.credentials import Credentials
from jemput.store.database import create_tables, open_database
from jemput.store.journal import Journal
from jemput.store.registry import RegistryStore
from tests.builders import distance_mm, town

JEMPUT = Path(sys.executable).parent / "jemput"
PASSWORD = "a-password-for-tests"  # noqa: S105 - of servers that live for a second
DEVICE = "d-b1"


@pytest.fixture
def told(tmp_path: Path) -> dict[str, str]:
    """The settings of a small town with a database, and users of its API."""
    url = f"sqlite:///{tmp_path / 'jemput.db'}"
    engine = open_database(url)
    create_tables(engine)
    users = {"budi": {"role": "operator", "password_sha256": hash_password(PASSWORD)}}
    (tmp_path / "users.json").write_text(json.dumps(users))
    return {
        "JEMPUT_DATABASE_URL": url,
        "JEMPUT_MQTT_PORT": str(free_port()),
        "JEMPUT_MQTT_USERNAME": INGEST,
        "JEMPUT_MQTT_PASSWORD": PASSWORD,
        "JEMPUT_API_PORT": str(free_port()),
        "JEMPUT_USERS_FILE": str(tmp_path / "users.json"),
    }


@contextmanager
def running(command: str, told: dict[str, str]) -> Iterator[subprocess.Popen[str]]:
    """A command with these settings, asked to end at the end."""
    process = subprocess.Popen(
        [JEMPUT, command], env=os.environ | told, stderr=subprocess.PIPE, text=True
    )
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        said = process.communicate(timeout=20)[1]
        assert process.returncode == 0, said


def say_full(told: dict[str, str], seq: int) -> None:
    """The device says that its bin is 90 % full."""
    reading = {
        "boot": 1,
        "seq": seq,
        "at": int(time.time()),
        "clock": "ntp",
        "quality": "ok",
        "distance_mm": distance_mm(90),
        "echoes": 5,
        "spread_mm": 2,
    }
    publish(told, encode_message([reading], [(1, 1)]))


def is_heard(told: dict[str, str], seen: Path) -> bool:
    """What is published before `watch` listens, the ingester alone hears."""
    publish(told, b"{")
    return b"heard on" in seen.read_bytes()


def publish(told: dict[str, str], payload: bytes) -> None:
    """The device says something."""
    mqtt.single(
        topics.reading("coblong", DEVICE),
        payload,
        qos=1,
        hostname=LOOPBACK,
        port=int(told["JEMPUT_MQTT_PORT"]),
        client_id=DEVICE,
        auth={"username": DEVICE, "password": PASSWORD},
    )


def ask(told: dict[str, str], path: str) -> dict[str, object]:
    """What the API answers."""
    url = f"http://{LOOPBACK}:{told['JEMPUT_API_PORT']}{path}"
    with urllib.request.urlopen(url, timeout=5) as said:
        answer: dict[str, object] = json.load(said)
        return answer


def ear_is_on(told: dict[str, str]) -> bool:
    """What is said before the ingester first listened, nobody keeps for it."""
    engine = open_database(told["JEMPUT_DATABASE_URL"])
    entries = list(Journal(engine, "main").entries())
    engine.dispose()
    return any(event == Link(up=True) for entry in entries for event in entry.intake.events)


def wait_for(is_so: Callable[[], bool], timeout_s: float = 60) -> None:
    """Until it is so; what is not there yet is not so."""
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        try:
            if is_so():
                return
        except (OSError, urllib.error.URLError):
            pass
        time.sleep(0.1)
    raise AssertionError("it did not come about in time")


def test_a_full_bin_is_heard_called_and_shown(told: dict[str, str], tmp_path: Path) -> None:
    RegistryStore(open_database(told["JEMPUT_DATABASE_URL"]), "main").change(
        town(), by="test", now_ms=0
    )
    users = [ingest_user(PASSWORD), device_user(DEVICE, PASSWORD)]
    broker = NatsServer(NatsSettings(tmp_path / "broker", int(told["JEMPUT_MQTT_PORT"])), users)

    with broker, running("ingest", told), running("api", told):
        wait_for(lambda: ear_is_on(told) and bool(ask(told, "/v1/bins")["bins"]))
        for seq in (1, 2, 3):
            say_full(told, seq)
        wait_for(lambda: bool(ask(told, "/v1/pickups")["pickups"]))
        wait_for(lambda: len(ask(told, "/v1/bins/b1/readings")["readings"]) == 3)  # type: ignore[arg-type] # a list


def test_without_a_file_of_users_who_has_an_account_gets_in(told: dict[str, str]) -> None:
    del told["JEMPUT_USERS_FILE"]
    engine = open_database(told["JEMPUT_DATABASE_URL"])
    url = f"http://{LOOPBACK}:{told['JEMPUT_API_PORT']}/v1/bins"

    with running("api", told) as serving:
        assert serving.stderr is not None
        assert "jemput account put sri --role operator" in serving.stderr.readline()
        wait_for(lambda: bool(ask(told, "/healthz")))
        with pytest.raises(urllib.error.HTTPError, match="401"):
            ask(told, "/v1/bins")
        Accounts(engine).put(User("sri", Role.OPERATOR), by="test", now_ms=1)
        key = Credentials(engine).make_key("sri", "test", None, by="test", now_ms=1)[1]
        answer = httpx.get(url, headers={"Authorization": f"Bearer {key}"})
        assert answer.json()["bins"] == []
    engine.dispose()


def test_watch_follows_a_device_from_bytes_to_decision(
    told: dict[str, str], tmp_path: Path
) -> None:
    RegistryStore(open_database(told["JEMPUT_DATABASE_URL"]), "main").change(
        town(), by="test", now_ms=0
    )
    users = [ingest_user(PASSWORD), device_user(DEVICE, PASSWORD)]
    broker = NatsServer(NatsSettings(tmp_path / "broker", int(told["JEMPUT_MQTT_PORT"])), users)
    seen = tmp_path / "seen"

    with broker, running("ingest", told), seen.open("wb") as file:
        watching = subprocess.Popen(
            [JEMPUT, "watch", DEVICE], env=os.environ | told, stdout=file, stderr=file
        )
        try:
            wait_for(lambda: ear_is_on(told))
            wait_for(lambda: is_heard(told, seen))
            for seq in (1, 2, 3):
                say_full(told, seq)
            wait_for(lambda: b"call b1 (FULLNESS" in seen.read_bytes())
            say_full(told, 1)
            wait_for(lambda: b"duplicate: 1/1" in seen.read_bytes())
            assert b"set aside as not_json" in seen.read_bytes()
            wait_for(lambda: b'may forget: {"v":1,"upto":[[1,' in seen.read_bytes())
        finally:
            watching.send_signal(signal.SIGINT)
            assert watching.wait(20) == 0, seen.read_text()
    assert "90 %, level" in seen.read_text()


@pytest.mark.parametrize("command", ["ingest", "api"])
def test_without_a_database_it_says_what_to_do(command: str, tmp_path: Path) -> None:
    done = subprocess.run(
        [JEMPUT, command],
        env=os.environ | {"JEMPUT_DATABASE_URL": f"sqlite:///{tmp_path / 'none.db'}"},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )

    assert done.returncode == 2
    assert "jemput db create" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "none.db").exists()


def test_settings_are_shown_and_secrets_are_not() -> None:
    done = subprocess.run(
        [JEMPUT, "settings", "--json"],
        env=os.environ | {"JEMPUT_MQTT_PASSWORD": "rahasia", "MQTT_HOST": "broker.example"},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )

    assert json.loads(done.stdout)["mqtt_host"] == "broker.example"
    assert "rahasia" not in done.stdout
