"""What is installed is what pyproject.toml says: exact versions, the same in the locks."""

import re
import tomllib
from pathlib import Path
from typing import Final

RUNTIME: Final = "requirements/lock.txt"
DEV: Final = "requirements/lock-dev.txt"

_PIN: Final = re.compile(r"([A-Za-z0-9._-]+)(?:\[[a-z0-9,-]+\])?==([0-9][^\s;]*)(?:\s*;\s*(.+))?")


def unpinned(tree: Path) -> list[str]:
    """Dependencies not exact or not what the locks hold, and lock lines that are no pin."""
    pyproject = tomllib.loads((tree / "pyproject.toml").read_text())
    project = pyproject["project"]
    runtime, dev = read_lock(tree / RUNTIME), read_lock(tree / DEV)
    direct = [*pyproject["build-system"]["requires"], *project["dependencies"]]
    return [
        *_bad_lines(tree / RUNTIME),
        *_bad_lines(tree / DEV),
        *_missing(direct, runtime, RUNTIME),
        *_missing(project["optional-dependencies"]["dev"], dev, DEV),
        *(
            f"{DEV}: {name} is not what {RUNTIME} holds"
            for name in runtime
            if dev.get(name) != runtime[name]
        ),
    ]


def read_lock(lock: Path) -> dict[str, str]:
    """Version by normalised name, of the lines that are pins."""
    matches = [_PIN.fullmatch(line) for line in _lines(lock)]
    return {_normal(match[1]): match[2] for match in matches if match}


def _bad_lines(lock: Path) -> list[str]:
    return [f"{lock.name}: {line!r} is no pin" for line in _lines(lock) if not _PIN.fullmatch(line)]


def _missing(direct: list[str], locked: dict[str, str], lock: str) -> list[str]:
    found = []
    for requirement in direct:
        match = _PIN.fullmatch(requirement)
        if match is None:
            found.append(f"pyproject.toml: {requirement!r} is not pinned with ==")
        elif locked.get(_normal(match[1])) != match[2]:
            found.append(f"{lock}: no {match[1]}=={match[2]}; run scripts/lock")
    return found


def _lines(lock: Path) -> list[str]:
    lines = [line.strip() for line in lock.read_text().splitlines()]
    return [line for line in lines if line and not line.startswith("#")]


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
