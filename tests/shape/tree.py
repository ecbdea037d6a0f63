"""The checkout, as the laws see it. A law is a function over a tree and lists what breaks it."""

import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
PACKAGES: Final = ("jemput", "ingest", "api", "dashboards", "simulator", "firmware")


def python_files(tree: Path, *folders: str) -> Iterator[Path]:
    """Every Python file below these folders, in order."""
    for folder in folders:
        yield from sorted((tree / folder).rglob("*.py"))


def module_name(tree: Path, file: Path) -> str:
    """How Python calls the module in `file`."""
    parts = file.relative_to(tree).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def committed_files(tree: Path) -> Iterator[Path]:
    """Every file that git keeps, or would with the next `git add`."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=tree, check=True, capture_output=True, text=True).stdout
    for name in listed.split("\0"):
        if name and (tree / name).is_file():
            yield tree / name


def write_tree(tree: Path, files: dict[str, str]) -> Path:
    """A small tree of its own for a law to judge: the six packages, empty, and `files`."""
    empty = {f"{package}/__init__.py": "" for package in PACKAGES}
    for name, text in {**empty, **files}.items():
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        (tree / name).write_text(text)
    return tree
