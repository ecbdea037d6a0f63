"""`jemput db` as a person calls it, on both databases."""

import io
import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from jemput.store.database import create_tables, open_database
from jemput.store.migrations.migrate import migrate
from jemput.store.schema import SCHEMA_REVISION
from tests.command import Said, jemput
from tests.contract.store.busy_town import fill_town
from tests.databases import sqlite_url
from tests.servers import PostgreSql

Run = Callable[..., Said]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run `jemput` with these arguments, in a folder without settings."""
    monkeypatch.chdir(tmp_path)
    for name in [one for one in os.environ if one.startswith("JEMPUT_")]:
        monkeypatch.delenv(name)

    def run_it(*arguments: str, url: str = "") -> Said:
        monkeypatch.setenv("JEMPUT_DATABASE_URL", url or "sqlite:///none.db")
        return jemput(*arguments)

    return run_it


def test_a_database_is_made_looked_at_and_brought_down_and_up(run: Run, empty_url: str) -> None:
    early = run("db", "status", url=empty_url)
    assert early.returncode == 2
    assert "run `jemput db create` once" in early.stderr

    made = run("db", "create", url=empty_url)
    assert (made.returncode, f"tables of schema {SCHEMA_REVISION} now" in made.stdout) == (0, True)
    assert "has its tables already" in run("db", "create", url=empty_url).stdout

    down = run("db", "migrate", "--to", "0001", "--yes", url=empty_url)
    assert down.stdout == f"schema {SCHEMA_REVISION} is schema 0001 now\n"
    told = run("db", "status", "--json", url=empty_url)
    status = json.loads(told.stdout)
    assert (told.returncode, status["schema"], status["needed"]) == (1, "0001", SCHEMA_REVISION)

    assert run("db", "migrate", url=empty_url).returncode == 0
    ours = run("db", "status", url=empty_url)
    assert (ours.returncode, f"schema {SCHEMA_REVISION}: " in ours.stdout) == (0, True)
    assert "<- here" in ours.stdout


def test_an_ingester_refuses_older_tables_with_the_command_that_helps(
    run: Run, tmp_path: Path
) -> None:
    url = sqlite_url(tmp_path)
    run("db", "create", url=url)
    run("db", "migrate", "--to", "0001", "--yes", url=url)

    for command in ("ingest", "api"):
        told = run(command, url=url)
        assert (told.returncode, told.stderr.count("\n")) == (2, 1)
        assert "back it up, then run `jemput db migrate`" in told.stderr


def test_going_down_is_asked_about(
    run: Run, empty_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("db", "create", url=empty_url)
    monkeypatch.setattr("sys.stdin", io.StringIO("n\n"))

    asked = run("db", "migrate", "--to", "0001", url=empty_url)

    assert asked.returncode == 1
    assert "what only newer tables hold is lost" in asked.stdout
    assert run("db", "status", url=empty_url).returncode == 0


def test_a_town_moves_and_the_old_database_says_where_to(
    run: Run, tmp_path: Path, postgresql: PostgreSql
) -> None:
    old, new = sqlite_url(tmp_path), postgresql.url(postgresql.make_schema())
    engine = open_database(old)
    create_tables(engine)
    fill_town(engine)
    engine.dispose()

    moved = run("db", "copy", old, new)

    assert moved.returncode == 0, moved.stderr
    assert "compared row by row" in moved.stdout
    refused = run("ingest", url=old)
    assert refused.returncode == 2
    assert refused.stderr.startswith("jemput: this town moved to postgresql+psycopg://jemput@127")
    assert run("db", "status", url=new).returncode == 0
    told = run("db", "status", url=old)
    assert (told.returncode, "this town moved to" in told.stdout) == (1, True)

    assert run("db", "reopen", "--yes", url=old).returncode == 0
    assert run("journal", "show", url=old).returncode == 0


def test_a_mistake_is_one_sentence(run: Run, tmp_path: Path) -> None:
    url = sqlite_url(tmp_path)
    create_tables(open_database(url))
    for arguments, sentence in [
        (
            ["db", "copy", "sqlite:///none.db", "postgresql://x@127.0.0.1:1/y"],
            "none.db: name yours",
        ),
        (["db", "copy", url, "postgresql://x:secret@127.0.0.1:1/y"], "does not answer"),
        (["db", "copy", url, "sqlite:///other.db"], "write postgresql://"),
        (["db", "migrate", "--to", "77", "--database", url], "there is no schema 77"),
        (["db", "create", "--database", "mysql://x/y"], "mysql cannot be used"),
        (["db", "status", "--database", "sqlite:///none.db"], "run `jemput db create` once"),
    ]:
        told = run(*arguments)
        assert (told.returncode, sentence in told.stderr) == (2, True), told.stderr
        assert told.stderr.count("\n") == 1, told.stderr
        assert "secret" not in told.stderr


def test_what_was_not_moved_is_open(run: Run, tmp_path: Path) -> None:
    migrate(open_database(sqlite_url(tmp_path)))

    assert "it is open" in run("db", "reopen", url=sqlite_url(tmp_path)).stdout
