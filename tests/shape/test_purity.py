"""What a bin, a reading and a pickup are depends on nothing that changes by itself."""

from pathlib import Path

import pytest

from tests.shape.purity import impurities
from tests.shape.tree import ROOT, write_tree


def test_pure_jemput_leans_on_nothing_of_the_world() -> None:
    assert impurities(ROOT) == []


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("import sqlalchemy", "imports sqlalchemy"),
        ("from influxdb_client.client import write", "imports influxdb_client.client.write"),
        ("import ingest.pipeline", "imports ingest.pipeline"),
        ("from jemput.store import journal", "imports jemput.store.journal"),
        ("from jemput import store", "imports jemput.store"),
        ("from . import settings", "imports jemput.settings"),
        ("from .cli.main import run", "imports jemput.cli.main.run"),
        ("def late():\n    import aiohttp", "imports aiohttp"),
        ("if TYPE_CHECKING:\n    from rich.table import Table", "imports rich.table.Table"),
        ("from time import time", "imports time.time"),
        ("import os.path", "imports os.path"),
        ("from urllib.request import urlopen", "imports urllib.request.urlopen"),
        ("at = datetime.now(UTC)", "calls now()"),
        ("text = open(name)", "calls open()"),
    ],
)
def test_an_impure_line_is_found(tmp_path: Path, line: str, found: str) -> None:
    tree = write_tree(tmp_path, {"jemput/bin.py": line})

    assert [text.split(" ", 1)[1] for text in impurities(tree)] == [found]


def test_a_relative_import_is_followed_from_inside_a_package(tmp_path: Path) -> None:
    pure = "from .state import State\nfrom ..entry import Entry\nfrom urllib.parse import quote\n"
    tree = write_tree(
        tmp_path,
        {
            "jemput/fold/step.py": pure,
            "jemput/fold/__init__.py": pure + "from ..store import journal\n",
            "jemput/store/__init__.py": "import sqlalchemy\n",
        },
    )

    assert impurities(tree) == [f"{tree}/jemput/fold/__init__.py:4 imports jemput.store.journal"]
