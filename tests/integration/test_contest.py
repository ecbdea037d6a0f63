"""The bench of contenders: what it counts, and one small run of ours from end to end."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.bench.contest.contender import SkippedError
from tests.bench.contest.node_red import NodeRed
from tests.bench.contest.ours import Ours
from tests.bench.contest.processes import Program
from tests.bench.contest.report import Scores, result, table
from tests.bench.contest.runs import Outcome, key_of, percentile
from tests.bench.contest.telegraf import Telegraf
from tests.servers import wait_until

ROOT = Path(__file__).parents[2]
BUSY = "import subprocess, sys; subprocess.run([sys.executable, '-c', 'while True: pass'])"


@pytest.mark.parametrize(
    "line",
    [
        b'reading,bin=b1,device=flood-000007,site=s echoes=5i,quality="ok" 1790000000001000012',
        b'reading,device=flood-000007,site=s boot=1i,clock="ntp",seq=12i 1790000000123456789',
        b"reading,site=s,device=flood-000007 seq=12,at=1790000000 1790000000123000000",
    ],
)
def test_a_point_of_any_contender_says_which_reading_it_is(line: bytes) -> None:
    assert key_of(line) == ("flood-000007", 12)


def test_a_percentile_is_one_of_the_values() -> None:
    values = [float(value) for value in range(1000, 0, -1)]
    assert percentile(values, 0.99) == 991
    assert percentile([3.0], 0.99) == 3
    assert percentile([], 0.99) is None


def test_children_are_counted_and_a_kill_ends_them_all(tmp_path: Path) -> None:
    program = Program([sys.executable, "-c", BUSY], {}, tmp_path)
    wait_until(lambda: program.cpu_s() > 0.5, 60, "half a second of work")
    children = list(Path(f"/proc/{program.pid}/task/{program.pid}/children").read_text().split())
    assert len(children) == 1
    assert program.kill() > 0.5
    assert program.kill() == 0
    wait_until(lambda: not Path(f"/proc/{children[0]}/exe").exists(), 30, "the child's end")


def test_what_it_took_until_it_ended_is_counted(tmp_path: Path) -> None:
    program = Program([sys.executable, "-c", "sum(range(10**7))"], {}, tmp_path)
    assert program.stop() > 0
    ended = Program([sys.executable, "-c", "exit('too early')"], {}, tmp_path)
    wait_until(lambda: ended.ended() is not None, 60, "its end")
    with pytest.raises(RuntimeError, match="too early"):
        ended.check()


def test_medians_go_into_the_line_and_the_table(tmp_path: Path) -> None:
    scores = Scores(Ours(tmp_path, 1), lost=2)
    for cpu_s in (9.0, 30.0, 10.0):
        scores.saturated.append(Outcome(cpu_s, 30_000 + cpu_s, 50.0, 100))
        delays = [cpu_s / 100] * 200
        scores.at_rate.append(Outcome(2 * cpu_s, 5000, 60.0, 100, delays, delays))
    ours = result([scores])["contenders"]["ours"]
    assert ours == {
        "cpu_s_per_million": 10,
        "cpu_s_per_million_5k": 20,
        "msgs_per_s": 30_010,
        "p99_stored_s": 0.1,
        "peak_mb": 55,
        "lost_after_kill": 2,
    }
    assert result([scores])["p99_alert_s"] == 0.1
    assert "| 10.0 | 20.0 | 30,010 | 0.1 | 55.0 | 2 |" in table([scores])


@pytest.mark.parametrize("contender", [Telegraf, NodeRed])
def test_what_cannot_be_built_is_skipped_by_name(
    contender: type[Telegraf] | type[NodeRed], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SkippedError, match="is not installed: sudo apt-get install"):
        contender().prepare()


@pytest.mark.usefixtures("mosquitto", "influxdb")  # skipped by name where they are missing
def test_a_small_run_of_ours(tmp_path: Path) -> None:
    options = ["--only", "ours", "--rounds", "1", "--scale", "0.004", "--devices", "60"]
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench", *options, "--json"],
        cwd=ROOT,
        env={**os.environ, "XDG_CACHE_HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
        timeout=110,
    )
    assert done.returncode == 0, done.stderr
    assert "round 1, at 5,000/s: ours" in done.stderr
    said = json.loads(done.stdout.splitlines()[-1])
    ours = said["contenders"]["ours"]
    assert ours["lost_after_kill"] == 0
    assert all(value > 0 for name, value in ours.items() if name != "lost_after_kill")
