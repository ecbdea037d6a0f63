"""Every command that our pages name is one that there is; every alarm and metric has a line."""

import re
from pathlib import Path

import pytest

from jemput.cli.main import app
from jemput.decisions import IncidentKind
from tests.shape.commands import command_lines, mistakes
from tests.shape.tree import ROOT

PAGES = sorted([*(ROOT / "docs").rglob("*.md"), *ROOT.glob("*.md")])
OPERATIONS = ROOT / "docs" / "operations.md"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_a_command_that_a_page_names_is_there(page: Path) -> None:
    assert [wrong for line in command_lines(page) for wrong in mistakes(app, line)] == []


def test_the_page_of_operations_names_many_commands() -> None:
    assert len(command_lines(OPERATIONS)) > 30


@pytest.mark.parametrize(
    ("line", "wrong"),
    [
        ("backups FOLDER", "no command is called 'backups'"),
        ("db migrat --to 0002", "no command is called 'migrat'"),
        ("backup FOLDER --kept 3", "backup has no option --kept"),
    ],
)
def test_a_command_that_is_not_there_is_found(line: str, wrong: str) -> None:
    assert wrong in str(list(mistakes(app, line)))


def test_lines_are_found_in_blocks_and_in_backticks(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(
        "Say `jemput db\nstatus` or `X=1 jemput api`.\n\n    jemput why P  # the rule\n"
    )

    assert command_lines(page) == ["db status", "api", "why P"]


def test_every_incident_is_explained() -> None:
    page = OPERATIONS.read_text()

    assert [kind for kind in IncidentKind if f"| `{kind}` |" not in page] == []


def test_every_metric_is_explained_and_no_other() -> None:
    sources = [(ROOT / "api" / name).read_text() for name in ("meters.py", "ground.py")]
    measured = {one for text in sources for one in re.findall(r'"(jemput_[a-z_]+)"', text)}
    explained = set(re.findall(r"`(jemput_[a-z_]+)`", OPERATIONS.read_text()))

    assert explained == measured


def test_every_alarm_of_the_ingester_is_explained() -> None:
    page = OPERATIONS.read_text()
    sources = [(ROOT / "ingest" / name).read_text() for name in ("rates.py", "sifting.py")]
    reasons = [found for text in sources for found in re.findall(r'REASON: Final = "(\w+)"', text)]

    assert len(reasons) == len(sources)
    assert [one for one in (*reasons, "wall_clock") if f"| `{one}` |" not in page] == []
