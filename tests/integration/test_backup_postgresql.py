"""`jemput backup` of a PostgreSQL, and the same put back by PostgreSQL's own tool."""

import secrets
import subprocess
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import select

from jemput.store import dump
from jemput.store.database import create_tables, open_database
from jemput.store.registry import RegistryStore
from jemput.store.schema import metadata
from tests.builders import town
from tests.command import jemput
from tests.servers import HOST, PostgreSql


@pytest.fixture
def empty(postgresql: PostgreSql) -> list[str]:
    """URLs of two empty databases."""
    names = [f"town_{secrets.token_hex(6)}" for _ in range(2)]
    server = f"host={HOST} port={postgresql.port} user=jemput dbname=postgres"
    with psycopg.connect(server, autocommit=True) as connection:
        for name in names:
            connection.execute(f"CREATE DATABASE {name}")
    return [f"postgresql+psycopg://jemput@{HOST}:{postgresql.port}/{name}" for name in names]


def everything(url: str) -> dict[str, list[str]]:
    """Every row of every table."""
    engine = open_database(url)
    with engine.connect() as connection:
        found = {
            table.name: sorted(map(repr, connection.execute(select(table))))
            for table in metadata.sorted_tables
        }
    engine.dispose()
    return found


def test_what_is_dumped_is_put_back_whole(empty: list[str], tmp_path: Path) -> None:
    first, second = empty
    engine = open_database(first)
    create_tables(engine)
    RegistryStore(engine, "main").change(town(["b1", "b2"]), by="test", now_ms=0)
    folder = tmp_path / "backups"

    done = jemput("backup", folder, "--database", first, "--keep", 2)
    assert done.returncode == 0, done.stderr
    assert ", checked" in done.stdout
    before, file = everything(first), dump.dumps(folder)[0]
    assert file.stat().st_mode & 0o777 == 0o600
    assert [one.name for one in folder.iterdir()] == [file.name]
    assert len(before["thing"]) > 0
    plain = second.replace("+psycopg", "")
    subprocess.run([dump.find("pg_restore"), "--no-owner", f"--dbname={plain}", file], check=True)

    assert everything(second) == before
    engine.dispose()


def test_older_dumps_go_and_what_fails_leaves_nothing(
    empty: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = open_database(empty[0])
    create_tables(engine)
    engine.dispose()
    for stamp in ("20260301T020000Z", "20260302T020000Z"):
        (tmp_path / f"jemput-{stamp}.dump").write_text("old")

    said = jemput("backup", tmp_path, "--database", empty[0], "--keep", 2)
    assert "jemput-20260301T020000Z.dump: older than the last 2 dumps" in said.stdout
    kept = dump.dumps(tmp_path)
    assert len(kept) == 2
    assert "pg_restore --no-owner" in jemput("restore", tmp_path).stderr

    monkeypatch.setattr(dump, "DEBIANS", tmp_path)
    monkeypatch.setenv("PATH", "")
    failed = jemput("backup", tmp_path, "--database", empty[0])
    assert (failed.returncode, failed.stdout) == (2, "")
    assert "apt-get install postgresql-client" in failed.stderr
    assert sorted(tmp_path.iterdir()) == kept
