"""`jemput device` where a database has two groups, and devices of one site."""

from pathlib import Path

import pytest
from sqlalchemy import Engine

from jemput.store.broker_accounts import ANY_SITE, BrokerAccountStore
from jemput.store.database import create_tables, open_database
from tests import command
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


def test_another_groups_device_is_named_with_its_group(engine: Engine) -> None:
    device(engine, "provision", "d-1", "--group", "galang")
    before = BrokerAccountStore(engine).mark()

    for act in ("rotate", "revoke"):
        said = device(engine, act, "d-1")
        assert said.returncode == 2
        assert "d-1 is of group galang: name it by --group" in said.stderr
    assert BrokerAccountStore(engine).mark() == before
    assert device(engine, "revoke", "d-1", "--group", "galang").returncode == 0


def test_a_device_speaks_for_the_site_that_it_was_made_for(engine: Engine) -> None:
    device(engine, "provision", "d-1", "--site", "lubuk-pakam")
    device(engine, "provision", "d-2")

    sites = {one.name: one.site for one in BrokerAccountStore(engine).list()}
    assert sites == {"d-1": "lubuk-pakam", "d-2": ANY_SITE}
