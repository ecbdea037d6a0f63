"""docs/sizing.md: each bench writes its own tables into it, between its own marks."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Final

PAGE: Final = Path(__file__).parents[2] / "docs" / "sizing.md"


def table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """A table in Markdown, numbers to the right."""
    rules = ["---" if number == 0 else "--:" for number in range(len(head))]
    lines = [head, rules, *([str(cell) for cell in row] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def write(bench: str, told: str, page: Path = PAGE) -> None:
    """Put it between the marks of a bench. Raises `ValueError` where there are none."""
    begin, end = f"<!-- scripts/bench {bench} --write -->", f"<!-- {bench} ends -->"
    pattern = re.compile(f"{re.escape(begin)}.*?{re.escape(end)}", re.DOTALL)
    text, found = pattern.subn(lambda _: f"{begin}\n\n{told}\n\n{end}", page.read_text())
    if not found:
        raise ValueError(f"{page.name} has no place for {bench}: put {begin} and {end} into it")
    page.write_text(text)
