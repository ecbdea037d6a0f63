"""The scripts are the whole contributor interface, so what they say to a newcomer is held here."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.shape.tree import ROOT

SCRIPTS = [*sorted((ROOT / "scripts").iterdir()), ROOT / ".ci/run"]


def run_demo(checkout: Path, python: str) -> subprocess.CompletedProcess[str]:
    """Run scripts/demo in a fresh checkout where `python` is a shell script standing for Python."""
    (checkout / "requirements").mkdir()
    shutil.copytree(ROOT / "scripts", checkout / "scripts")
    for name in ("pyproject.toml", "requirements/lock.txt", "requirements/lock-dev.txt"):
        shutil.copy(ROOT / name, checkout / name)
    stand_in = checkout / "python3"
    stand_in.write_text("#!/bin/sh\n" + python)
    stand_in.chmod(0o755)
    return subprocess.run(
        ["scripts/demo"],  # noqa: S607  # the checkout's own
        cwd=checkout,
        env={**os.environ, "JEMPUT_PYTHON": str(stand_in)},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_a_script_says_what_it_is_for_and_parses(script: Path) -> None:
    first = next(line for line in script.read_text().splitlines() if not line.startswith("#!"))
    parsed = subprocess.run(["bash", "-n", script], capture_output=True, text=True, check=False)  # noqa: S607

    assert first.startswith("# ")
    assert parsed.stderr == ""
    assert parsed.returncode == 0


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_a_script_can_be_run_unless_it_is_sourced(script: Path) -> None:
    assert os.access(script, os.X_OK) == (not script.name.startswith("_"))


def test_an_old_python_is_named_with_what_to_do(tmp_path: Path) -> None:
    old = 'case $1 in -V) echo "Python 3.9.2" ;; *) exit 1 ;; esac\n'

    done = run_demo(tmp_path, old)

    assert done.returncode == 1
    assert "needs Python 3.11 or newer" in done.stderr
    assert "python3 is Python 3.9.2" in done.stderr
    assert "JEMPUT_PYTHON=/path/to/python3 scripts/demo" in done.stderr
    assert done.stdout == ""


def test_a_python_without_venv_is_mended_by_one_line(tmp_path: Path) -> None:
    without = "case $2 in *ensurepip*) exit 1 ;; *) exit 0 ;; esac\n"

    done = run_demo(tmp_path, without)

    assert done.returncode == 1
    assert "\n  sudo apt-get install python3-venv\n" in done.stderr
    assert done.stdout == ""
    assert not (tmp_path / ".venv").exists()
