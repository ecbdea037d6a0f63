"""Importing a module does nothing: no file, no socket, no process, no settings read."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.shape.tree import ROOT, write_tree


def woken(tree: Path) -> list[str]:
    command = [sys.executable, "-m", "tests.shape.waking", str(tree)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.split("\n")[:-1] if done.stdout.strip() else []


def test_importing_this_house_does_nothing() -> None:
    assert woken(ROOT) == []


SETTINGS = """
from pydantic_settings import BaseSettings
class Settings(BaseSettings):
    port: int = 1883
"""


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("text = open(__file__).read()", "did open"),
        ("from pathlib import Path\ntext = Path(__file__).read_text()", "did open"),
        ("import socket\nsocket.socket().close()", "did socket.__new__"),
        ("import sqlite3\nsqlite3.connect(':memory:').close()", "did sqlite3.connect"),
        ("import subprocess\nsubprocess.run(['true'])", "did subprocess.Popen"),
        ("import os\nos.listdir()", "did os.listdir"),
        ("import os\nhost = os.environ.get('MQTT_HOST')", "did os.environ['MQTT_HOST']"),
        (SETTINGS + "settings = Settings()", "holds settings in settings"),
    ],
)
def test_work_at_import_is_found(tmp_path: Path, text: str, found: str) -> None:
    tree = write_tree(tmp_path, {"api/eager.py": text})

    said = woken(tree)

    assert said
    assert said[0].startswith(f"{tree}/api/eager.py {found}")


def test_a_module_that_only_defines_is_left_alone(tmp_path: Path) -> None:
    lazy = "import json, aiohttp\ndef read():\n    return open(__file__)\n"
    on_board = "import machine\n"
    files = {"api/lazy.py": lazy + SETTINGS, "firmware/board.py": on_board}

    assert woken(write_tree(tmp_path, files)) == []
