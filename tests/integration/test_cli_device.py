"""`jemput device`, as an operator runs it."""

import json
from pathlib import Path

import bcrypt
import pytest
from sqlalchemy import Engine

from jemput.store.broker_accounts import BrokerAccountStore
from jemput.store.database import create_tables, open_database
from jemput.store.registry import RegistryStore
from tests import command
from tests.builders import START_S, town
from tests.command import Said

GROUP = "main"


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    """A database with a small town, whose bins have no devices yet."""
    made = open_database(f"sqlite:///{tmp_path / 'jemput.db'}")
    create_tables(made)
    places = [one for one in town(["b1", "b2"]) if one.thing[0] != "device"]
    RegistryStore(made, GROUP).change(places, by="console", now_ms=START_S * 1000)
    return made


def device(engine: Engine, *arguments: str) -> Said:
    """The command on this database."""
    return command.jemput("device", *arguments, "--database", str(engine.url))


def opens(engine: Engine, name: str, password: str) -> bool:
    """Whether a broker would let it in."""
    hashes = {known.name: one for known, one in BrokerAccountStore(engine).live()}
    return name in hashes and bcrypt.checkpw(password.encode(), hashes[name].nats.encode())


def test_what_is_printed_opens_until_it_is_rotated_or_revoked(engine: Engine) -> None:
    first = device(engine, "provision", "d-1").stdout.splitlines()
    assert first[0] == "device,password"
    password = first[1].removeprefix("d-1,")
    assert opens(engine, "d-1", password)

    second = device(engine, "rotate", "d-1").stdout.split()[-1]
    assert opens(engine, "d-1", second)
    assert not opens(engine, "d-1", password)

    assert device(engine, "revoke", "d-1").returncode == 0
    assert not opens(engine, "d-1", second)
    assert device(engine, "list").stdout == "d-1  on no bin  revoked\n"


def test_many_go_into_a_file_for_our_eyes_only(engine: Engine, tmp_path: Path) -> None:
    file = tmp_path / "devices.csv"
    device(engine, "provision", "pakam-0002")

    said = device(engine, "provision", "--count", "3", "--prefix", "pakam", "--csv", str(file))

    rows = [line.split(",") for line in file.read_text().splitlines()[1:]]
    assert [name for name, _ in rows] == ["pakam-0001", "pakam-0003", "pakam-0004"]
    assert all(opens(engine, name, password) for name, password in rows)
    assert file.stat().st_mode & 0o777 == 0o600
    assert not any(password in said.stdout for _, password in rows)


def test_what_cannot_be_made_leaves_no_file_and_no_account(engine: Engine, tmp_path: Path) -> None:
    device(engine, "provision", "d-1")
    file = tmp_path / "devices.csv"

    taken = device(engine, "provision", "d-2", "d-1", "--csv", str(file))
    assert (taken.returncode, file.exists()) == (2, False)
    assert "d-1 has an account: rotate gives it another password" in taken.stderr

    file.write_text("mine")
    there = device(engine, "provision", "d-2", "--csv", str(file))
    assert (there.returncode, file.read_text()) == (2, "mine")
    assert [one.name for one in BrokerAccountStore(engine).list()] == ["d-1"]
    assert device(engine, "provision").returncode == 2
    assert "Traceback" not in device(engine, "provision", "Two Words").stderr


def test_a_device_is_hung_swapped_and_taken_down(engine: Engine) -> None:
    device(engine, "provision", "d-1", "d-2")
    assert device(engine, "bind", "d-1", "b1", "--from", "1000").returncode == 0
    refused = device(engine, "bind", "d-2", "b1")
    assert refused.returncode == 2
    assert "swap it for d-2" in refused.stderr

    assert "in place of d-1" in device(engine, "swap", "b1", "d-2", "--from", "2000").stdout
    assert "no longer hangs on bin b1" in device(engine, "take-down", "d-2").stdout

    listed = json.loads(device(engine, "list", "--json").stdout)
    assert [one["bin"] for one in listed] == [None, None]
    assert [[hung["bin"] for hung in one["history"]] for one in listed] == [["b1"], ["b1"]]
    assert device(engine, "strangers").stdout == ""
