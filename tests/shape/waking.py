"""Imports every module of a tree and says which of them did something while it was imported.

Run in a process of its own: `python -m tests.shape.waking TREE`. Python itself reports what a
program does (audit events). An event counts when the tree's own code caused it: reading the files
that it imports does not, nor what a library does when it is imported.
"""

import importlib
import os
import sys
from pathlib import Path
from types import FrameType, ModuleType
from typing import Final

from tests.shape.tree import PACKAGES, module_name, python_files

DEEDS: Final = (
    "open",
    "socket.",
    "subprocess.",
    "os.",
    "sqlite3.",
    "shutil.",
    "tempfile.",
    "_thread.",
)
ON_BOARD_ONLY: Final = frozenset({"machine", "network", "esp32", "esp", "micropython", "neopixel"})


def culprit(frame: FrameType | None, inside: tuple[str, ...]) -> str | None:
    """The file of the tree that caused what happens in `frame`, unless an import stands between."""
    while frame is not None:
        name = frame.f_code.co_filename
        if name.startswith("<frozen importlib"):
            return None
        if name.startswith(inside):
            return name
        frame = frame.f_back
    return None


def watch(tree: Path) -> list[str]:
    """From now on, collect what the tree's own code does."""
    deeds: list[str] = []
    inside = tuple(f"{tree}/{package}/" for package in PACKAGES)

    def hook(event: str, _: tuple[object, ...]) -> None:
        if event.startswith(DEEDS):
            file = culprit(sys._getframe(1), inside)
            if file:
                deeds.append(f"{file} did {event} while imported")

    sys.addaudithook(hook)
    watch_environment(deeds, inside)
    return deeds


def watch_environment(deeds: list[str], inside: tuple[str, ...]) -> None:
    """Python reports no event when a variable is read, so the lookup itself is wrapped.

    Only a direct look counts: pydantic looks for its own switches when a class is defined.
    """
    kind = type(os.environ)
    look_up = kind.__getitem__

    def noted(environment: "os._Environ[str]", name: str) -> str:
        frame = sys._getframe(1)
        while frame.f_back and frame.f_code.co_filename.startswith("<frozen"):
            frame = frame.f_back
        if frame.f_code.co_filename.startswith(inside):
            deeds.append(f"{frame.f_code.co_filename} did os.environ[{name!r}] while imported")
        return look_up(environment, name)

    kind.__getitem__ = noted  # type: ignore[method-assign]


def settings_of(module: ModuleType) -> list[str]:
    """Names of a module that hold settings already read."""
    kind = getattr(sys.modules.get("pydantic_settings"), "BaseSettings", None)
    if kind is None:
        return []
    return [
        f"{module.__file__} holds settings in {name}"
        for name, value in vars(module).items()
        if isinstance(value, kind)
    ]


def wake(tree: Path) -> list[str]:
    """What the modules of a tree did when imported, and the settings they hold."""
    sys.path.insert(0, str(tree))
    deeds = watch(tree)
    found = []
    for file in python_files(tree, *PACKAGES):
        try:
            found += settings_of(importlib.import_module(module_name(tree, file)))
        except ModuleNotFoundError as error:
            if error.name not in ON_BOARD_ONLY:
                raise
    return deeds + found


if __name__ == "__main__":
    print(*wake(Path(sys.argv[1]).resolve()), sep="\n")  # noqa: T201
