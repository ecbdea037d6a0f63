"""One bin fills and a collector is told: the whole arrow, as a newcomer runs it."""

import json
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from jemput.cli.demo import progress_line
from simulator.main import Tally
from tests.command import jemput
from tests.servers.process import wait_until

ROOT = Path(__file__).parents[2]
JEMPUT = Path(sys.executable).parent / "jemput"


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    """The `jemput` command, as a person runs it."""
    return subprocess.run(
        [JEMPUT, *arguments], capture_output=True, text=True, check=False, timeout=110, cwd=ROOT
    )


def test_a_filling_bin_calls_its_collector_and_no_reading_is_lost() -> None:
    done = run("demo", "--for", "20s", "--json")

    assert done.returncode == 0, done.stderr[-2000:]
    result = json.loads(done.stdout.splitlines()[-1])
    assert result["readings_published"] > 100
    assert result["readings_stored"] >= result["readings_published"]
    assert result["quarantined"] == 0
    assert result["pickups_opened"] > 0
    assert result["alerts_delivered"] > 0
    assert result["alerts_repeated"] == 0
    assert 0 < result["first_alert_s"] < 60


def test_people_see_the_table_whole_and_no_json() -> None:
    shown = run("demo", "--for", "3s").stdout

    assert "/v1/bins" in shown
    assert "readings_stored" not in shown


def test_two_demos_run_at_once() -> None:
    demos = [
        subprocess.Popen(
            [JEMPUT, "demo", "--for", "12s", "--json"],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        for _ in range(2)
    ]
    results = [json.loads(demo.communicate(timeout=100)[0].splitlines()[-1]) for demo in demos]

    assert all(result["readings_stored"] > 0 for result in results)


@pytest.mark.parametrize("option", ["--api-port", "--broker-port"])
def test_a_taken_port_is_a_clear_error(option: str) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        done = run("demo", option, port, "--for", "1s")

    assert done.returncode == 2
    assert done.stderr == f"jemput: port {port} is taken: choose another\n"


def test_ctrl_c_while_it_starts_ends_it_in_good_order(tmp_path: Path) -> None:
    town = tmp_path / "town"
    demo = subprocess.Popen(
        [JEMPUT, "demo", "--keep", town], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    wait_until((town / "broker").exists, 60, "the broker's folder")
    demo.send_signal(signal.SIGINT)
    said, complained = demo.communicate(timeout=60)

    assert demo.returncode == 0, complained
    assert "ended: 0 readings stored" in said
    assert "Traceback" not in complained


def test_how_far_it_is_fits_a_console() -> None:
    tally = Tally(alerts_received=12_345, accepted=12_345, emptied=12_345)

    assert len(progress_line(86_400, 12_345_678, tally)) < 80


def test_a_length_of_time_that_is_none_says_what_to_write() -> None:
    done = run("demo", "--for", "soon")

    assert done.returncode != 0
    assert "60s" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--speed", "0"), "above 0"),
        (("--speed", "nan"), "above 0"),
        (("--for", "0s"), "more than 0s"),
        (("--keep", "README.md"), "is a file"),
        (("--scenario", "atlantis"), "atlantis"),
    ],
)
def test_a_mistake_is_said_before_anything_starts(arguments: tuple[str, str], said: str) -> None:
    done = jemput("demo", *arguments)

    assert done.returncode == 2
    assert said in done.stderr
