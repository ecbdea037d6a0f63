"""The doctor measures real brokers, and says what mends them."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from ingest.mqtt.session import Address
from ingest.writer import Batch, Writer
from jemput.broker.account import INGEST, ingest_user
from jemput.broker.config import NatsSettings
from jemput.broker.nats import NatsServer
from jemput.broker.ports import LOOPBACK, free_port
from jemput.cli.doctor.broker import QUEUE, broker
from jemput.cli.doctor.database import database
from jemput.cli.doctor.finding import Finding, Health
from jemput.store.database import create_tables, open_database
from tests.builders import START_S
from tests.servers import Mosquitto

JEMPUT = Path(sys.executable).parent / "jemput"
PASSWORD = "a-password-for-tests"  # noqa: S105 - of servers that live for a second
ACL = f"user {INGEST}\ntopic readwrite jemput/v1/#\ntopic read $SYS/#\n"


@contextmanager
def mosquitto(folder: Path, *, lossless: bool) -> Iterator[Address]:
    """Debian's Mosquitto with the ingester's account."""
    server = Mosquitto(folder, lossless=lossless, passwords={INGEST: PASSWORD}, acl=ACL)
    with server:
        yield Address(LOOPBACK, server.port, INGEST, PASSWORD)


def sentences(findings: list[Finding], health: Health) -> str:
    """What was found so healthy, as one text."""
    return "\n".join(one.sentence for one in findings if one.health is health)


def test_our_own_broker_is_found_good(tmp_path: Path) -> None:
    port = free_port()
    with NatsServer(NatsSettings(tmp_path / "broker", port), [ingest_user(PASSWORD)]):
        found = list(broker(Address(LOOPBACK, port, INGEST, PASSWORD)))

    assert {one.health for one in found} == {Health.GOOD}
    assert f"kept all of {QUEUE}" in sentences(found, Health.GOOD)


def test_a_mosquitto_as_debian_sets_it_up_is_found_to_lose(tmp_path: Path) -> None:
    with mosquitto(tmp_path, lossless=False) as address:
        found = list(broker(address))

    assert "500 of 1500 were lost" in sentences(found, Health.BAD)
    assert "only 20 messages" in sentences(found, Health.DOUBT)
    assert "max_queued_messages 0" in [one.remedy for one in found if one.remedy][1]


def test_a_mosquitto_that_keeps_is_found_good_but_for_its_saving(tmp_path: Path) -> None:
    with mosquitto(tmp_path, lossless=True) as address:
        found = list(broker(address))

    assert sentences(found, Health.BAD) == ""
    assert f"kept all of {QUEUE}" in sentences(found, Health.GOOD)
    assert "autosave_on_changes true" in str([one.remedy for one in found])


def test_a_wrong_password_is_said_and_where_to_look(tmp_path: Path) -> None:
    with mosquitto(tmp_path, lossless=False) as address:
        found = list(broker(Address(address.host, address.port, INGEST, "wrong")))

    assert "JEMPUT_MQTT_PASSWORD" in sentences(found, Health.BAD)


@pytest.mark.parametrize(("behind_s", "is_said"), [(59, False), (7200, True)])
def test_a_clock_behind_the_journal_is_said_and_by_how_much(
    tmp_path: Path, *, behind_s: int, is_said: bool
) -> None:
    engine = open_database(f"sqlite:///{tmp_path / 'jemput.db'}")
    create_tables(engine)
    writer = Writer(engine, "main")
    writer.take_over()
    writer.commit(Batch(), START_S * 1000)

    found = list(database(engine, "main", (START_S - behind_s) * 1000))
    engine.dispose()

    assert ("7200 s ahead" in sentences(found, Health.DOUBT)) is is_said


@pytest.mark.parametrize("is_there", [True, False])
def test_the_command_says_all_and_fails_where_something_is_bad(
    tmp_path: Path, *, is_there: bool
) -> None:
    url = f"sqlite:///{tmp_path / 'jemput.db'}"
    if is_there:
        create_tables(open_database(url))
    told = {"JEMPUT_DATABASE_URL": url, "JEMPUT_MQTT_PORT": str(free_port())}
    done = subprocess.run(
        [JEMPUT, "doctor", "--json"],
        env=os.environ | told,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )

    assert done.returncode == 1, done.stderr
    said = {(one["about"], one["health"]) for one in json.loads(done.stdout)}
    assert ("broker", "bad") in said
    assert (("database", "good") in said) is is_there
    assert (("database", "bad") in said) is not is_there
