"""`jemput account`, `key` and `audit`, as an operator runs them."""

import json
from pathlib import Path

import pytest

from jemput.roles import Role, User
from jemput.store.accounts import Accounts
from jemput.store.credentials import Credentials
from jemput.store.database import create_tables, open_database
from tests import command
from tests.command import Said


@pytest.fixture
def url(tmp_path: Path) -> str:
    """A database of the test's own."""
    made = f"sqlite:///{tmp_path / 'jemput.db'}"
    create_tables(open_database(made))
    return made


def jemput(url: str, *arguments: str) -> Said:
    """The command on this database."""
    return command.jemput(*arguments, "--database", url)


def test_what_is_printed_once_opens_and_the_log_tells_of_it(url: str) -> None:
    made = jemput(url, "account", "put", "budi", "--role", "collector", "--site", "pakam")
    password = made.stdout.split()[-1]
    key = jemput(url, "key", "make", "budi", "--label", "telepon", "--days", "30")
    token = key.stdout.split()[-1]

    engine = open_database(url)
    budi = User("budi", Role.COLLECTOR, ("pakam",))
    assert Accounts(engine).check("budi", password) == budi
    assert Credentials(engine).bearer(token, "key", 0) == budi
    told = jemput(url, "audit").stdout
    assert "made account budi" in told
    assert "made key" in told
    assert password not in told
    assert token not in told


def test_a_retired_account_is_listed_as_such(url: str) -> None:
    jemput(url, "account", "put", "budi", "--role", "auditor")
    assert jemput(url, "account", "retire", "budi").returncode == 0

    assert "retired" in jemput(url, "account", "list").stdout
    listed = json.loads(jemput(url, "account", "list", "--json").stdout)
    assert listed[0]["user"]["role"] == "auditor"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("key", "make", "nobody", "--label", "x"), "no account nobody"),
        (("key", "revoke", "ffff"), "no key ffff"),
        (("account", "put", "Budi Santoso", "--role", "collector"), "not an id"),
    ],
)
def test_a_mistake_is_one_line(url: str, arguments: tuple[str, ...], said: str) -> None:
    done = jemput(url, *arguments)

    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr
