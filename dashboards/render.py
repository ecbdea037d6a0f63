"""Writes all that Grafana and Prometheus are given, or compares what is committed.

`python -m dashboards.render`: boards as JSON, provisioning, and alert rules.
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from dashboards import provisioning, rules
from dashboards.board import Board, rendered, unique
from dashboards.boards import BOARDS
from dashboards.words import LANGUAGES, Words, keys, read_table

ROOT: Final = Path(__file__).parents[1]
FOLDER: Final = Path("dashboards/json")
OURS: Final = (
    "dashboards/json/*/*.json",
    "deploy/grafana/provisioning/*/*.yaml",
    "deploy/prometheus/rules/*.yml",
)
"""What this module alone writes, from the root of the repository."""
COMMAND: Final = "python -m dashboards.render"


def files(boards: tuple[Board, ...] = BOARDS) -> Iterator[tuple[Path, str]]:
    """Every file: where it is below the repository's root, and its text."""
    unique("dashboard", (board.uid for board in boards))
    table = read_table()
    yield from provisioning.files()
    for language in LANGUAGES:
        words = Words(table, language)
        for board in boards:
            made = json.dumps(rendered(board, words), indent=1, sort_keys=True, ensure_ascii=False)
            yield FOLDER / language / f"{board.uid}.json", made + "\n"
        yield rules.file(words)
        if unused := keys(table) - words.used:
            raise ValueError(f"texts.toml has texts no dashboard shows: {sorted(unused)}")


def write(root: Path) -> None:
    """Write every file, and remove those of dashboards that are no more."""
    wanted = dict(files())
    for file in stray(root, wanted):
        file.unlink()
    for name, text in wanted.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")


def stale(root: Path) -> list[str]:
    """Files that are not what would be written now."""
    wanted = dict(files())
    found = [str(file.relative_to(root)) for file in stray(root, wanted)]
    for name, text in wanted.items():
        file = root / name
        if not file.exists() or file.read_text(encoding="utf-8") != text:
            found.append(str(name))
    return found


def stray(root: Path, wanted: dict[Path, str]) -> list[Path]:
    """Files that nobody wants any more."""
    found = (file for pattern in OURS for file in root.glob(pattern))
    return [file for file in found if file.relative_to(root) not in wanted]


def main(arguments: list[str]) -> int:
    """Write; with `--check` compare, and say what is stale and what mends it."""
    if arguments != ["--check"]:
        write(ROOT)
        return 0
    if found := stale(ROOT):
        sys.stderr.write(f"stale: {', '.join(found)}\nrun: {COMMAND}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
