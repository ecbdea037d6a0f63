"""A recording through the real broker and the real ingester: each row once, however often."""

import csv
import gzip
import json
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from jemput.decisions import OpenPickup
from jemput.registry import PutSite
from jemput.store.database import create_tables, open_database
from jemput.store.journal import Journal
from jemput.store.registry import RegistryStore
from jemput.things import Site
from tests import command

ROOT = Path(__file__).parents[2]
JEMPUT = Path(sys.executable).parent / "jemput"
PRAGUE = ROOT.parent / "shared" / "data" / "prague" / "readings.csv.gz"
HEADER = "bin,waste,at_utc,fill_percent"
FIRST = datetime(2024, 4, 7, tzinfo=UTC)


def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """`jemput replay` in a process of its own, since it serves."""
    return subprocess.run(
        [JEMPUT, "replay", *arguments], capture_output=True, text=True, check=False, timeout=110
    )


def replay(*arguments: str | Path) -> dict[str, Any]:
    """`jemput replay --json`; what its line says."""
    done = run(*arguments, "--json")
    assert done.returncode == 0, done.stderr[-2000:]
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def made(folder: Path, *more: str) -> Path:
    """A recording of two days: one bin fills up, one is emptied, one stays as it is."""
    rows = [HEADER]
    for turn in range(24):
        levels = {"fills-up": 40 + 2 * turn, "emptied": 70 - 50 * (turn > 11), "stays": 10}
        for number, (bin_, level) in enumerate(levels.items()):
            at = FIRST + timedelta(hours=2 * turn, minutes=5 * number)
            rows.append(f"{bin_},paper,{at:%Y-%m-%d %H:%M:%S},{level}")
    file = folder / "readings.csv"
    file.write_text("\n".join([*rows, *more]) + "\n")
    return file


def calls_of_replay(folder: Path) -> set[tuple[str, int]]:
    """Bin and time of the last reading behind each call."""
    engine = open_database(f"sqlite:///{folder / 'jemput.db'}")
    calls = {
        (decision.pickup.bin, decision.pickup.why.evidence[-1].at_s)
        for entry in Journal(engine, "main").entries()
        for decision in entry.decisions
        if isinstance(decision, OpenPickup)
    }
    engine.dispose()
    return calls


def calls_of_evaluation(recording: Path, to: Path) -> set[tuple[str, int]]:
    """The same, as `jemput evaluate` writes them."""
    done = command.jemput("evaluate", recording, "--calls", to)
    assert done.returncode == 0, done.stderr[-2000:]
    with to.open(newline="") as file:
        return {
            (row["bin"], int(datetime.fromisoformat(row["at_utc"] + "+00:00").timestamp()))
            for row in csv.DictReader(file)
            if row["kind"] == "call"
        }


def test_rows_are_stored_once_called_as_evaluated_and_again_nothing_is_new(
    tmp_path: Path,
) -> None:
    recording = made(tmp_path)

    first = replay(recording, "--into", tmp_path / "kept")
    calls = calls_of_replay(tmp_path / "kept")
    again = replay(recording, "--into", tmp_path / "kept")

    assert first["rows"] == first["readings_published"] == first["readings_stored"] == 72
    assert (first["duplicates_ignored"], first["quarantined"], first["bad_rows"]) == (0, 0, 0)
    assert first["pickups_opened"] == 1
    assert again["readings_published"] == again["duplicates_ignored"] == 72
    assert (again["readings_stored"], again["pickups_opened"]) == (0, 0)
    assert (first["each_stored_once"], again["each_stored_once"]) == (True, True)
    assert calls_of_replay(tmp_path / "kept") == calls
    assert {bin_ for bin_, _ in calls} == {"fills-up"}
    assert calls == calls_of_evaluation(recording, tmp_path / "calls.csv")


def test_a_bad_row_is_named_and_the_others_are_stored(tmp_path: Path) -> None:
    recording = made(tmp_path, "stays,paper,soon,12")
    zipped = tmp_path / "readings.csv.gz"
    zipped.write_bytes(gzip.compress(recording.read_bytes()))

    done = run(zipped)

    assert done.returncode == 0, done.stderr[-2000:]
    assert "row 74: 'soon' is no time" in done.stderr
    assert "each stored once    yes" in done.stdout


def test_a_database_of_other_bins_is_left_alone(tmp_path: Path) -> None:
    engine = open_database(f"sqlite:///{tmp_path / 'jemput.db'}")
    create_tables(engine)
    Journal(engine, "main").take_over()
    RegistryStore(engine, "main").change(
        [PutSite(Site("lubuk-pakam", "Lubuk Pakam"))], by="test", now_ms=0
    )
    engine.dispose()

    done = command.jemput("replay", made(tmp_path), "--into", tmp_path)

    assert done.returncode == 2
    assert "holds the site 'lubuk-pakam', which is no recording" in done.stderr


@contextmanager
def begun(recording: Path, folder: Path) -> Iterator[subprocess.Popen[str]]:
    """A slow replay into the folder, of which some is stored already."""
    arguments = ["replay", recording, "--into", folder, "--speed", "3600", "--json"]
    process = subprocess.Popen(
        [str(one) for one in (JEMPUT, *arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    for _ in range(300):
        time.sleep(0.1)
        if entries(folder) > 5:
            break
    yield process


def entries(folder: Path) -> int:
    """How many entries a journal that is being written has."""
    try:
        with closing(sqlite3.connect(f"file:{folder / 'jemput.db'}?mode=ro", uri=True)) as database:
            (count,) = database.execute("SELECT count(*) FROM journal").fetchone()
    except sqlite3.OperationalError:  # no file or no tables yet
        return 0
    return int(count)


def test_who_loses_the_group_to_another_writer_says_so_in_a_line(tmp_path: Path) -> None:
    with begun(made(tmp_path), tmp_path / "kept") as replaying:
        engine = open_database(f"sqlite:///{tmp_path / 'kept' / 'jemput.db'}")
        Journal(engine, "main").take_over()
        engine.dispose()
        said = replaying.communicate(timeout=60)[1]

    assert replaying.returncode == 2
    assert "group main is at epoch 2; this writer is of 1" in said
    assert "Traceback" not in said


def test_what_is_cut_short_is_finished_by_the_next(tmp_path: Path) -> None:
    recording = made(tmp_path)
    with begun(recording, tmp_path / "kept") as cut:
        cut.terminate()
        first = json.loads(cut.communicate(timeout=60)[0])

    second = replay(recording, "--into", tmp_path / "kept")

    assert cut.returncode == 1
    assert 0 < first["readings_stored"] < 72
    assert first["each_stored_once"] is False
    assert first["readings_stored"] + second["readings_stored"] == 72
    assert second["duplicates_ignored"] == first["readings_stored"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--slot", "soon"], "write 60s, 5m, 1h or 7d"),
        (["--slot", "0s"], "write 1s or more"),
        (["--speed", "0"], "give a number above 0"),
        (["--into", "x", "--database", "sqlite:///x"], "name one"),
        (["--database", "nonsense"], "'nonsense' is no URL of a database: write sqlite:///path"),
        (["--database", "sqlite:////no/where.db"], "does not answer: unable to open database"),
    ],
)
def test_what_cannot_be_says_what_to_write(tmp_path: Path, arguments: list[str], said: str) -> None:
    done = command.jemput("replay", made(tmp_path), *arguments)

    assert done.returncode == 2
    assert said in " ".join(done.stderr.replace("│", " ").split())
    assert not (ROOT / "x").exists()


@pytest.mark.skipif(not PRAGUE.exists(), reason="the recordings of Prague are not here")
def test_three_bins_of_prague_are_stored_once_and_called_as_the_evaluation_calls(
    tmp_path: Path,
) -> None:
    """Where nobody collects, a call expires and comes again: those are the ones beside."""
    with gzip.open(PRAGUE, "rt", encoding="utf-8") as file:
        rows = file.read().splitlines()
    bins = sorted({row.split(",")[0] for row in rows[1:]})[::5]
    some = [row for row in rows[1:] if row.split(",")[0] in bins]
    some.sort(key=lambda row: row.split(",")[2])
    recording = tmp_path / "prague.csv"
    recording.write_text("\n".join([HEADER, *some[:250]]) + "\n")

    told = replay(recording, "--slot", "5m", "--into", tmp_path / "kept")

    assert told["readings_stored"] == told["rows"] == 250
    expected = calls_of_evaluation(recording, tmp_path / "calls.csv")
    assert len(expected) > 2
    assert expected <= calls_of_replay(tmp_path / "kept")
