"""A town, its broker, the ingester and the API, each a process of its own, from one folder."""

import json
import os
import re
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import func, select

from api.users import Users
from jemput.broker.ports import LOOPBACK, free_port
from jemput.entry import Link
from jemput.store.database import open_database
from jemput.store.journal import Journal
from jemput.store.registry import RegistryStore
from jemput.store.schema import journal
from tests import command

JEMPUT = Path(sys.executable).parent / "jemput"
FULL = """
extends = "quiet-week"
name = "full"

[fill.start]
low_percent = 88
high_percent = 92
soon = 0
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A prepared town whose bins are all full."""
    scenario = tmp_path / "full.toml"
    scenario.write_text(FULL)
    prepared = tmp_path / "town"
    done = command.jemput(
        *("simulate", scenario, "--prepare", prepared),
        *("--broker", f"{LOOPBACK}:{free_port()}", "--api", f"http://{LOOPBACK}:{free_port()}"),
    )
    assert done.returncode == 0, done.stderr
    assert all(f"{what} " in done.stdout for what in ("broker", "simulate"))
    return prepared


@contextmanager
def running(*arguments: str | Path, settings: Path | None = None) -> Iterator[None]:
    """A command that is asked to end at the end, and then ends well."""
    told = {} if settings is None else {"JEMPUT_SETTINGS": str(settings)}
    process = subprocess.Popen(
        [JEMPUT, *arguments], env=os.environ | told, stderr=subprocess.PIPE, text=True
    )
    try:
        yield
    finally:
        process.terminate()
        said = process.communicate(timeout=20)[1]
        assert process.returncode == 0, said


def eventually(is_true: Callable[[], bool], what: str) -> None:
    """Look again every 100 ms, for 30 s."""
    for _ in range(300):
        if is_true():
            return
        time.sleep(0.1)
    pytest.fail(f"{what} did not come")


def answers(url: str) -> bool:
    """Whether somebody serves there."""
    try:
        with urllib.request.urlopen(url) as answer:  # noqa: S310 - our own
            return bool(answer.status == 200)
    except OSError:
        return False


def test_four_processes_make_a_town_and_its_collectors_are_called(
    folder: Path, tmp_path: Path
) -> None:
    keys, settings = json.loads((folder / "keys.json").read_text()), folder / "jemput.env"
    engine = open_database(f"sqlite:///{folder / 'jemput.db'}")

    def is_heard() -> bool:
        entries = Journal(engine, "main").entries()
        return any(Link(up=True) in entry.intake.events for entry in entries)

    def stored() -> int:
        with engine.connect() as connection:
            return int(connection.execute(select(func.sum(journal.c.readings))).scalar_one())

    with (
        running("broker", folder),
        running("ingest", settings=settings),
        running("api", settings=settings),
    ):
        eventually(is_heard, "the ingester")
        eventually(lambda: answers(f"{keys['api']}/healthz"), "the API")
        town = ("simulate", tmp_path / "full.toml", "--keys", folder / "keys.json")
        done = subprocess.run(
            [JEMPUT, *town, "--speed", "600", "--for", "5s", "--json"],
            capture_output=True,
            text=True,
            check=True,
            timeout=60,
        )
        tally = json.loads(done.stdout)
        eventually(lambda: stored() >= tally["readings_published"], "every reading")
        with urllib.request.urlopen(f"{keys['api']}/v1/bins") as answer:  # noqa: S310 - our own
            bins = json.load(answer)

    engine.dispose()
    assert tally["readings_published"] > 60
    assert tally["alerts_received"] > 0
    assert tally["alerts_refused"] == 0
    assert len(bins["bins"]) == 60
    assert "places it by its arrival" in " ".join(done.stderr.split())


def test_what_is_prepared_is_for_our_eyes_only_and_the_registry_is_there(folder: Path) -> None:
    keys = json.loads((folder / "keys.json").read_text())
    users = Users.load(folder / "users.json")
    engine = open_database(f"sqlite:///{folder / 'jemput.db'}")
    registry = RegistryStore(engine, "main").read()
    engine.dispose()

    modes = {file.name: file.stat().st_mode & 0o777 for file in folder.glob("*.*")}
    assert {modes[name] for name in ("keys.json", "users.json", "jemput.env")} == {0o600}
    assert folder.stat().st_mode & 0o777 == 0o700
    assert registry.bindings.keys() == keys["devices"].keys()
    assert registry.collectors.keys() == keys["people"].keys()
    for name, password in keys["people"].items():
        user = users.by_password(name, password)
        assert user is not None
        assert user.role == "collector"


def test_a_folder_that_holds_something_is_left_alone(folder: Path) -> None:
    before = (folder / "keys.json").read_bytes()

    done = command.jemput("simulate", "quiet-week", "--prepare", folder)

    assert done.returncode == 2
    assert "is not empty: name a new folder" in done.stderr
    assert (folder / "keys.json").read_bytes() == before


def test_the_towns_bins_can_be_put_into_a_database_that_is_there(
    folder: Path, tmp_path: Path
) -> None:
    url = f"sqlite:///{tmp_path / 'other.db'}"
    assert command.jemput("db", "create", "--database", url).returncode == 0

    done = command.jemput(
        "simulate", "quiet-week", "--prepare", tmp_path / "second", "--database", url
    )

    engine = open_database(url)
    bins = RegistryStore(engine, "main").read().bins
    engine.dispose()
    assert done.returncode == 0, done.stderr
    assert len(bins) == 60
    assert f"JEMPUT_DATABASE_URL={url}" in (tmp_path / "second" / "jemput.env").read_text()
    assert not (tmp_path / "second" / "jemput.db").exists()
    assert folder.exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nowhere"], "no scenario 'nowhere': use lubuk-pakam, quiet-week, storm-of-duplicates"),
        (["quiet-week"], "without keys nobody can speak: run `jemput simulate quiet-week --prep"),
        (["quiet-week", "--keys", "no.json"], "no.json cannot be read (No such file or directory)"),
        (["quiet-week", "--keys", "{bad}"], "are not understood: Input data was truncated"),
        (["quiet-week", "--keys", "{poor}"], "no password for 'dev-001': add it"),
        (["quiet-week", "--keys", "{poor}", "--broker", "here"], "'here' is no broker: write HOST"),
        (["quiet-week", "--keys", "{poor}", "--speed", "0"], "speed 0.0 cannot be"),
    ],
)
def test_what_cannot_be_says_what_to_do(tmp_path: Path, arguments: list[str], said: str) -> None:
    bad, poor = tmp_path / "bad.json", tmp_path / "poor.json"
    bad.write_text("{")
    poor.write_text('{"broker": "127.0.0.1:9", "api": "http://a", "devices": {}, "people": {}}')
    named = [one.format(bad=bad, poor=poor) for one in arguments]

    done = command.jemput("simulate", *named)

    assert done.returncode == 2
    assert said in re.sub(r"[\s│]+", " ", done.stderr)
