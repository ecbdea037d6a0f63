"""Starting a command costs what it needs: `jemput --help` imports no server and no database."""

import subprocess
import sys

import pytest

from jemput.cli.lazy import Later
from jemput.cli.main import COMMANDS
from tests.command import jemput
from tests.shape.tree import ROOT

SLOW = {"aiohttp", "api", "fastapi", "influxdb_client", "ingest", "pydantic", "sqlalchemy"}


def imported(module: str) -> set[str]:
    """Packages that importing a module brings along."""
    told = f"import sys, {module}; print(*{{name.split('.')[0] for name in sys.modules}})"
    run = subprocess.run(
        [sys.executable, "-c", told], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return set(run.stdout.split())


@pytest.mark.parametrize(
    ("module", "spared"),
    [
        ("jemput.cli.main", SLOW),
        ("jemput.cli.settings", SLOW - {"pydantic"}),
        ("jemput.cli.ingest", {"api", "fastapi", "influxdb_client", "uvicorn"}),
        ("jemput.cli.api", {"aiomqtt", "influxdb_client"}),
    ],
)
def test_a_command_imports_only_what_it_needs(module: str, spared: set[str]) -> None:
    assert imported(module) & spared == set()


@pytest.mark.parametrize("later", COMMANDS, ids=lambda later: later.name)
def test_the_table_says_what_a_command_says_of_itself(later: Later) -> None:
    loaded = later.load()

    assert loaded.name == later.name
    assert " ".join(loaded.help.split("\n\n")[0].split()) == later.help


def test_a_command_that_is_nearly_right_is_named() -> None:
    assert "Did you mean 'doctor'?" in jemput("doctr").stderr
