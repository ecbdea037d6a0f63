"""Releases of the firmware for devices on the desk: real files, published as the host does."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from jemput import topics
from jemput.remote import update
from jemput.remote.update import Release
from tests.shape.tree import ROOT

TOWN_KEY: Final = bytes(range(32))
VERSION_FILE: Final = "firmware/version.py"
CRASHES: Final = b"raise RuntimeError('a mistake of ours')\n"
_UPDATED: Final = "*.py"


def source(version: str = "", **other: bytes) -> dict[str, bytes]:
    """The firmware's files by path; `other` replaces some by their module's name."""
    files = {
        str(file.relative_to(ROOT)): file.read_bytes()
        for file in sorted((ROOT / "firmware").rglob(_UPDATED))
    }
    if version:
        files[VERSION_FILE] = f'"""Of a test."""\n\nVERSION = "{version}"\n'.encode()
    replaced = {f"firmware/{name}.py": content for name, content in other.items()}
    return files | replaced


def install(flash: Path, files: Mapping[str, bytes], slot: str = "a") -> None:
    """As a board is flashed."""
    for path, content in files.items():
        file = flash / slot / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)


Tell = Callable[[str, bytes], None]
"""Publishes, retained, to a topic."""


def publish(tell: Tell, made: Release, number: int, device: str, site: str) -> None:
    """All of it, and the device's own manifest."""
    for digest, content in made.pieces.items():
        for place, piece in enumerate(update.chunks(content)):
            tell(topics.chunk(digest, place), piece)
    key = update.device_key(TOWN_KEY, device)
    tell(topics.told(site, device, "update"), update.manifest(made, number, device, key))
