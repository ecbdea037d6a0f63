"""Real recordings through the ingester's own writer and fold."""

import csv
import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
JEMPUT = Path(sys.executable).parent / "jemput"
DATA = ROOT.parent / "shared" / "data" / "prague"


def evaluate(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """`jemput evaluate`, as a person runs it."""
    return subprocess.run(
        [JEMPUT, "evaluate", *arguments], capture_output=True, text=True, check=False, timeout=580
    )


@pytest.mark.timeout(600)
@pytest.mark.skipif(not DATA.exists(), reason="the recordings of Prague are not here")
def test_prague_is_stored_once_and_paper_is_called_as_promised(tmp_path: Path) -> None:
    calls = tmp_path / "calls.csv"
    emptyings = DATA / "emptyings.csv"
    done = evaluate(DATA / "readings.csv.gz", "--emptyings", emptyings, "--calls", calls, "--json")

    assert done.returncode == 0, done.stderr[-2000:]
    result = json.loads(done.stdout)
    assert result["rows"] == result["stored"] == 113_400
    assert result["stored_again"] == 0
    paper = result["pickups"]["paper"]
    assert paper["precision"] >= 0.99
    assert paper["false_per_bin_month"] <= 0.1
    assert paper["missed_share"] <= 0.01
    assert round(paper["median_delay_s"] / 3600, 1) <= 3.0
    with calls.open(newline="") as file:
        assert {row["kind"] for row in csv.DictReader(file)} == {"call", "emptying"}


def test_a_bad_row_is_named_and_the_others_are_taken(tmp_path: Path) -> None:
    recording = tmp_path / "readings.csv"
    rows = ["bin,waste,at_utc,fill_percent"]
    rows += [f"a1,paper,2024-05-01 {hour:02}:00:00,{50 + hour * 2}" for hour in range(24)]
    recording.write_text("\n".join([*rows, "a1,paper,soon,12"]) + "\n")

    done = evaluate(recording, "--json")

    assert done.returncode == 0, done.stderr[-2000:]
    assert json.loads(done.stdout)["stored"] == 24
    assert json.loads(done.stdout)["bad_rows"] == 1
    assert "row" in done.stderr
    assert "soon" in done.stderr
