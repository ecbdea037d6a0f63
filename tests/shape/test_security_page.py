"""SECURITY.md answers every provision, and what it points at is there."""

import re

from tests.shape.tree import ROOT

PAGE = (ROOT / "SECURITY.md").read_text()
_PATH = re.compile(r"`([\w./-]+\.(?:py|md))`")


def test_every_file_that_the_page_names_is_there() -> None:
    named = _PATH.findall(PAGE)

    assert len(named) > 30
    assert [path for path in named if not (ROOT / path).is_file()] == []


def test_each_provision_is_answered_by_a_file_or_an_honest_not_yet() -> None:
    rows = dict(re.findall(r"^\| 5\.(\d+) [^|]*\|(.+)\|$", PAGE, re.MULTILINE))

    assert list(rows) == [str(number) for number in range(1, 14)]
    assert [one for one, row in rows.items() if not (_PATH.search(row) or "not yet" in row)] == []
