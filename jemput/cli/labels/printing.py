"""Writing sheets of labels: where their squares lead, and into which file."""

from collections.abc import Sequence
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

import typer

from jemput.cli.labels.label import Label
from jemput.cli.labels.sheet import sheet
from jemput.cli.labels.words import WORDS, Words
from jemput.settings import read_settings, variable
from jemput.things import Language

Url = Annotated[
    str | None,
    typer.Option("--url", help="How telephones reach the API; else JEMPUT_API_URL."),
]
Speaks = Annotated[Language, typer.Option("--language", help="What the labels speak.")]


def leads_to(url: str | None) -> str:
    """Where the squares lead. Raises `ValueError` where no telephone gets there."""
    found = (url or read_settings().api_url).rstrip("/")
    parts = urlsplit(found)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError(f"{found!r} is no address: write https://jemput.example")
    if url is None and _is_here_only(parts.hostname):
        raise ValueError(
            f"labels would lead to {found}, which is this machine only: say how telephones "
            f"reach the API in {variable('api_url')}, or with --url"
        )
    return found


def check_file(file: Path | None) -> bool:
    """Whether labels are wanted. Raises `ValueError` where they cannot be written there."""
    if file is None:
        return False
    if file.suffix.lower() not in {".html", ".htm"}:
        raise ValueError(f"{file}: labels are a page for a browser, so name it something.html")
    if not file.absolute().parent.is_dir():
        raise ValueError(f"{file}: there is no folder {file.absolute().parent}, make it first")
    return True


def write(file: Path, labels: Sequence[Label], language: Language) -> None:
    """Write a file that a browser prints."""
    file.write_text(sheet(labels, WORDS[language], language), encoding="utf-8")


def words_in(language: Language) -> Words:
    """The words of a language."""
    return WORDS[language]


def _is_here_only(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
