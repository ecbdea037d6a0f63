"""`jemput claim`, as an operator runs it."""

import json
from pathlib import Path

import pytest
from sqlalchemy import Engine

from jemput.store.broker_accounts import BrokerAccountStore
from jemput.store.database import create_tables, open_database
from tests import command
from tests.command import Said


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    made = open_database(f"sqlite:///{tmp_path / 'jemput.db'}")
    create_tables(made)
    return made


def claim(engine: Engine, *arguments: object) -> Said:
    """The command on this database."""
    return command.jemput("claim", *arguments, "--database", engine.url, "--group", "main")


def test_claims_are_made_closed_and_opened_one_by_one(engine: Engine, tmp_path: Path) -> None:
    file = tmp_path / "claims.csv"
    said = claim(engine, "make", "d-1", "d-2", "--csv", file)

    rows = [line.split(",") for line in file.read_text().splitlines()]
    assert [row[:2] for row in rows[1:]] == [["d-1", "_claim-d-1"], ["d-2", "_claim-d-2"]]
    assert file.stat().st_mode & 0o777 == 0o600
    assert not any(row[2] in said.stdout for row in rows[1:])
    assert claim(engine, "list").stdout == "d-1  closed\nd-2  closed\n"
    assert BrokerAccountStore(engine).live() == []

    assert "d-1 may ask for its account until" in claim(engine, "allow", "d-1").stdout
    listed = json.loads(claim(engine, "list", "--json").stdout)
    assert [one["open_until_ms"] is not None for one in listed] == [True, False]
    assert claim(engine, "close", "d-1").returncode == 0
    assert BrokerAccountStore(engine).live() == []


def test_what_cannot_be_leaves_nothing(engine: Engine, tmp_path: Path) -> None:
    file = tmp_path / "claims.csv"
    assert claim(engine, "make", "d 1").returncode == 2
    assert claim(engine, "make", "d-1", "--site", "Two Words", "--csv", file).returncode == 2
    assert not file.exists()
    file.write_text("mine")
    assert claim(engine, "make", "d-1", "--csv", file).returncode == 2
    assert file.read_text() == "mine"
    assert "`jemput claim make d-9` makes one" in claim(engine, "allow", "d-9").stderr
    assert BrokerAccountStore(engine).list(kind="claim") == []
