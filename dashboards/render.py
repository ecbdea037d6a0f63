"""Writes the dashboards as JSON, or compares what is committed: `python -m dashboards.render`."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from dashboards.board import Board, rendered, unique
from dashboards.boards import BOARDS
from dashboards.words import LANGUAGES, Words, keys, read_table

FOLDER: Final = Path(__file__).parent / "json"
COMMAND: Final = "python -m dashboards.render"


def files(boards: tuple[Board, ...] = BOARDS) -> Iterator[tuple[Path, str]]:
    """Every file: where it is below `FOLDER`, and its text."""
    unique("dashboard", (board.uid for board in boards))
    table = read_table()
    for language in LANGUAGES:
        words = Words(table, language)
        for board in boards:
            made = json.dumps(rendered(board, words), indent=1, sort_keys=True, ensure_ascii=False)
            yield Path(language) / f"{board.uid}.json", made + "\n"
        if unused := keys(table) - words.used:
            raise ValueError(f"texts.toml has texts no dashboard shows: {sorted(unused)}")


def write(folder: Path) -> None:
    """Write every file, and remove those of dashboards that are no more."""
    wanted = dict(files())
    for file in stray(folder, wanted):
        file.unlink()
    for name, text in wanted.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")


def stale(folder: Path) -> list[str]:
    """Files that are not what would be written now."""
    wanted = dict(files())
    found = [str(file.relative_to(folder)) for file in stray(folder, wanted)]
    for name, text in wanted.items():
        file = folder / name
        if not file.exists() or file.read_text(encoding="utf-8") != text:
            found.append(str(name))
    return found


def stray(folder: Path, wanted: dict[Path, str]) -> list[Path]:
    """Files that no dashboard wants."""
    return [file for file in folder.rglob("*.json") if file.relative_to(folder) not in wanted]


def main(arguments: list[str]) -> int:
    """Write; with `--check` compare, and say what is stale and what mends it."""
    if arguments != ["--check"]:
        write(FOLDER)
        return 0
    if found := stale(FOLDER):
        sys.stderr.write(f"stale in dashboards/json: {', '.join(found)}\nrun: {COMMAND}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
