"""`jemput collector`, as an operator runs it: MQTT accounts of collectors' own apps."""

import json
from pathlib import Path

import bcrypt
import pytest
from sqlalchemy import Engine

from jemput.changes import Change, PutCollector, Retire
from jemput.store.broker_accounts import BrokerAccountStore
from jemput.store.database import create_tables, open_database
from jemput.store.registry import RegistryStore
from jemput.things import Collector
from tests import command
from tests.command import Said

GROUP = "main"


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    """A database with two collectors; one is told by no MQTT."""
    made = open_database(f"sqlite:///{tmp_path / 'jemput.db'}")
    create_tables(made)
    change(made, PutCollector(Collector("budi", "Budi", ())))
    change(made, PutCollector(Collector("siti", "Siti", (), channels=("log",))))
    return made


def change(engine: Engine, *changes: Change) -> None:
    """Change the registry."""
    RegistryStore(engine, GROUP).change(changes, by="test", now_ms=0)


def collector(engine: Engine, *arguments: str) -> Said:
    """The command on this database."""
    return command.jemput("collector", *arguments, "--database", str(engine.url), "--group", GROUP)


def password_in(said: Said) -> str:
    """What was shown this once."""
    return next(
        line.rpartition(" ")[2] for line in said.stdout.splitlines() if "shown this once" in line
    )


def opens(engine: Engine, name: str, password: str) -> bool:
    """Whether a broker would let that collector's app in."""
    live = BrokerAccountStore(engine).live()
    hashes = {known.name: one for known, one in live if known.kind == "collector"}
    return name in hashes and bcrypt.checkpw(password.encode(), hashes[name].nats.encode())


def test_what_is_shown_opens_until_it_is_rotated_or_revoked(engine: Engine) -> None:
    said = collector(engine, "provision", "budi")
    first = password_in(said)
    assert "user _collector-budi\n" in said.stdout
    assert "topic jemput/v1/collectors/budi/alert\n" in said.stdout
    assert opens(engine, "budi", first)
    assert "rotate gives it another password" in collector(engine, "provision", "budi").stderr

    second = password_in(collector(engine, "rotate", "budi"))
    assert (opens(engine, "budi", first), opens(engine, "budi", second)) == (False, True)

    assert collector(engine, "revoke", "budi").returncode == 0
    assert not opens(engine, "budi", second)
    assert "revoked" in collector(engine, "list").stdout
    assert collector(engine, "rotate", "budi").returncode == 2

    third = password_in(collector(engine, "provision", "budi"))
    assert opens(engine, "budi", third)


def test_only_a_collector_in_use_is_given_one(engine: Engine) -> None:
    change(engine, Retire("collector", "siti", 0))

    for nobody in ("siti", "nobody", "Two Words"):
        said = collector(engine, "provision", nobody)
        assert (said.returncode, said.stdout) == (2, "")
    assert "make the collector first" in collector(engine, "provision", "nobody").stderr
    assert "`jemput collector provision` makes one" in collector(engine, "revoke", "siti").stderr
    assert BrokerAccountStore(engine).list(kind="collector") == []


def test_a_list_says_where_no_alert_goes(engine: Engine) -> None:
    collector(engine, "provision", "budi")
    collector(engine, "provision", "siti")

    listed = json.loads(collector(engine, "list", "--json").stdout)
    assert [(one["collector"], one["is_told"]) for one in listed] == [
        ("budi", True),
        ("siti", False),
    ]
    assert "without the channel mqtt" in collector(engine, "list").stdout.splitlines()[1]


def test_another_groups_collector_stays_as_it_is(engine: Engine) -> None:
    password = password_in(collector(engine, "provision", "budi"))

    for what in ("rotate", "revoke"):
        said = command.jemput(
            "collector", what, "budi", "--database", str(engine.url), "--group", "other"
        )
        assert (said.returncode, "of group main" in said.stderr) == (2, True)
    assert opens(engine, "budi", password)
