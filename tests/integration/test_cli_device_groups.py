"""`jemput device` where a database has two groups, and devices of one site."""

from pathlib import Path

import pytest
from sqlalchemy import Engine

from jemput.registry import Change, PutBin, PutSite
from jemput.store.broker_accounts import ANY_SITE, BrokerAccountStore
from jemput.store.database import create_tables, open_database
from jemput.store.registry import RegistryStore
from jemput.things import Bin, Site
from tests import command
from tests.builders import CADENCE_S, SHAPE, town
from tests.command import Said


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    """An empty database."""
    made = open_database(f"sqlite:///{tmp_path / 'jemput.db'}")
    create_tables(made)
    return made


def device(engine: Engine, *arguments: str) -> Said:
    """The command on this database."""
    return command.jemput("device", *arguments, "--database", str(engine.url))


def put(engine: Engine, *changes: Change) -> None:
    """Change what is registered."""
    RegistryStore(engine, "main").change(changes, by="test", now_ms=0)


def test_another_groups_device_is_named_with_its_group(engine: Engine) -> None:
    device(engine, "provision", "d-1", "--group", "galang")
    before = BrokerAccountStore(engine).mark()

    for act in ("rotate", "revoke"):
        said = device(engine, act, "d-1")
        assert said.returncode == 2
        assert "d-1 is of group galang: name it by --group" in said.stderr
    assert BrokerAccountStore(engine).mark() == before
    assert device(engine, "revoke", "d-1", "--group", "galang").returncode == 0


def test_a_site_that_is_not_there_is_refused_before_anybody_is_let_in(engine: Engine) -> None:
    put(engine, *town())
    for command_line in (("device", "provision"), ("claim", "make")):
        flags = ("--site", "galan", "--database", str(engine.url))
        said = command.jemput(*command_line, "d-1", *flags)
        assert said.returncode == 2
        assert "there is no site galan: there are coblong" in said.stderr
    assert not BrokerAccountStore(engine).list()


def test_who_hangs_a_device_without_an_account_is_told_so(engine: Engine) -> None:
    put(engine, *town(()), PutBin(Bin("b1", "dago", "organic", SHAPE, CADENCE_S)))
    device(engine, "provision", "d-b1")

    mistyped = device(engine, "bind", "d-bl", "b1")
    assert mistyped.returncode == 0, mistyped.stderr
    assert "d-bl has no account: `jemput device provision d-bl`" in mistyped.stderr
    assert "account" not in device(engine, "swap", "b1", "d-b1").stderr


def test_a_device_speaks_for_the_site_that_it_was_made_for(engine: Engine) -> None:
    put(engine, PutSite(Site("lubuk-pakam", "Lubuk Pakam")))
    device(engine, "provision", "d-1", "--site", "lubuk-pakam")
    device(engine, "provision", "d-2")

    sites = {one.name: one.site for one in BrokerAccountStore(engine).list()}
    assert sites == {"d-1": "lubuk-pakam", "d-2": ANY_SITE}


def test_all_of_nobody_is_said_so(engine: Engine) -> None:
    said = device(engine, "command", "locate", "--all")
    assert said.returncode == 2
    assert "there is no device yet: `jemput device provision`" in said.stderr
    assert (
        "no device is of galang" in device(engine, "command", "locate", "--site", "galang").stderr
    )
