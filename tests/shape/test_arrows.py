"""The arrows run down: each contract of import-linter holds, and each is seen to break."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.shape.tree import PACKAGES, ROOT, python_files, write_tree

FLOORS = {
    "jemput/cli/__init__.py": "import ingest, api, dashboards, simulator\n",
    "jemput/store/__init__.py": "",
    "jemput/broker/__init__.py": "",
    "jemput/settings.py": "",
    "jemput/reading.py": "",
    "ingest/__init__.py": "import jemput.store, aiomqtt\n",
    "simulator/__init__.py": "import firmware, paho.mqtt.client\n",
}


def lint(tree: Path) -> tuple[int, str]:
    """The exit status and words of import-linter over a tree."""
    program = Path(sys.executable).with_name("lint-imports")
    command = [str(program), "--no-cache", "--no-logo"]
    done = subprocess.run(command, cwd=tree, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def test_this_house_keeps_its_arrows() -> None:
    status, said = lint(ROOT)

    assert status == 0, said


def test_all_code_lives_in_a_folder_that_has_a_law() -> None:
    known = {ROOT / package for package in (*PACKAGES, "tests")}
    folders = {file.parent for file in ROOT.glob("*/__init__.py")}

    assert folders == known
    assert list(ROOT.glob("*.py")) == []
    assert list(python_files(ROOT, "scripts", "docs", "deploy")) == []


def test_a_house_with_all_its_floors_is_left_alone(tmp_path: Path) -> None:
    tree = write_tree(tmp_path, FLOORS)
    shutil.copy(ROOT / "pyproject.toml", tree)

    status, said = lint(tree)

    assert status == 0, said


@pytest.mark.parametrize(
    ("file", "line", "broken"),
    [
        ("jemput/store/__init__.py", "import ingest", "The arrows run down"),
        ("jemput/store/__init__.py", "import jemput.cli", "The arrows run down"),
        ("jemput/broker/__init__.py", "import jemput.store", "The arrows run down"),
        ("jemput/settings.py", "import jemput.store", "The arrows run down"),
        ("ingest/mqtt.py", "import api", "The arrows run down"),
        ("api/pages.py", "def late():\n    from jemput.cli import x", "The arrows run down"),
        ("dashboards/panels.py", "import api", "The arrows run down"),
        ("firmware/payload.py", "import jemput.reading", "firmware imports nothing"),
        ("simulator/town.py", "import jemput.reading", "simulator imports only firmware"),
        ("api/mqtt.py", "from aiomqtt import Client", "api never talks MQTT"),
        ("api/mqtt.py", "import paho.mqtt.client", "api never talks MQTT"),
    ],
)
def test_an_arrow_that_runs_up_is_found(tmp_path: Path, file: str, line: str, broken: str) -> None:
    tree = write_tree(tmp_path, {**FLOORS, file: line + "\n"})
    shutil.copy(ROOT / "pyproject.toml", tree)

    status, said = lint(tree)

    assert status == 1
    assert f"{broken}" in said.split("Broken contracts")[-1]
