"""The boards as they are packed with Jemput: JSON, read without what drew them."""

import json
from collections.abc import Iterator
from importlib.resources import files
from typing import Any, Final

from jemput.things import Language

PAGE: Final = "http://127.0.0.1:8000"
"""Where `jemput api` serves its page by itself; `jemput grafana` puts another."""
PAGE_VARIABLE: Final = "page"
Board = dict[str, Any]


def packed(language: Language, page: str = PAGE) -> Iterator[Board]:
    """Every board in a language, by uid; its links to the API's page begin with `page`."""
    folder = files("dashboards").joinpath("json", language)
    for file in sorted(folder.iterdir(), key=lambda one: one.name):
        board: Board = json.loads(file.read_text(encoding="utf-8"))
        for one in board["templating"]["list"]:
            if one["name"] == PAGE_VARIABLE:
                one["query"] = page.rstrip("/")
        yield board
