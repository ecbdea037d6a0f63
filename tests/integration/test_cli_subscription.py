"""`jemput subscription`, as an operator runs it."""

from pathlib import Path

import pytest
from sqlalchemy import Engine

from jemput import webhooks
from jemput.store.clock import wall_ms
from jemput.store.database import create_tables, open_database
from jemput.store.deliveries import Deliveries
from jemput.store.subscriptions import Subscriptions, Wanted
from tests import command
from tests.command import Said

GROUP = "main"
URL = "https://dlh.example/hook"


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    made = open_database(f"sqlite:///{tmp_path / 'jemput.db'}")
    create_tables(made)
    return made


def subscription(engine: Engine, *arguments: str) -> Said:
    """The command on this database."""
    where = ("--database", str(engine.url), "--group", GROUP)
    return command.jemput("subscription", *arguments, *where)


def test_a_new_secret_signs_beside_the_old_one(engine: Engine) -> None:
    kept = Subscriptions(engine, GROUP)
    made, old = kept.create(Wanted(URL, events=("pickup.opened",)), "sri", 0)
    assert subscription(engine, "list").stdout == (
        f"{made.id}  {URL}  pickup.opened of every site\n"
    )

    said = subscription(engine, "rotate", made.id, "--overlap", "2h")

    new = said.stdout.splitlines()[0].split()[-1]
    assert "(shown this once)" in said.stdout
    kept.test(made.id, "sri", wall_ms())
    assert webhooks.signing(Deliveries(engine, GROUP).next()[0].secrets, wall_ms()) == [new, old]


def test_what_cannot_be_rotated_is_said_in_a_line(engine: Engine) -> None:
    for arguments, words in (
        (("sub-none",), "there is no subscription sub-none: see"),
        (("sub-none", "--overlap", "soon"), "is no length of time"),
        (("sub-none", "--overlap", "31d"), "30d at most"),
    ):
        said = subscription(engine, "rotate", *arguments)
        assert said.returncode == 2
        assert words in " ".join(said.stderr.replace("│", " ").split())
