"""Which entries are asked for, and how people read them: at most 80 columns wide."""

import re
import textwrap
from collections.abc import Iterator
from datetime import datetime
from typing import Final

import typer

from jemput.cli.telling import Only, local, told, told_intake
from jemput.entry import Entry
from jemput.store.journal import Journal
from jemput.waves import WIB

COLUMNS: Final = 80
READINGS_SHOWN: Final = 8
LOOKED_BACK: Final = 256
"""Entries read at once while looking for the last ones."""


def entry_number(journal: Journal, asked: str) -> int:
    """An entry by its number, or the first one from a local time on: `2026-11-24 14:00`."""
    if re.fullmatch(r"\d+", asked):
        return int(asked)
    try:
        at = datetime.fromisoformat(asked)
    except ValueError:
        raise typer.BadParameter(
            f"{asked!r} is neither an entry's number nor a time: write 17, or '2026-11-24 14:00'"
        ) from None
    at = at if at.tzinfo else at.replace(tzinfo=WIB)
    return journal.position_at(int(at.timestamp() * 1000))


def span(journal: Journal, begin: str | None, end: str | None) -> tuple[int, int]:
    """First and last entry, both included; what is not asked for is as far as it goes."""
    first = entry_number(journal, begin) if begin else 1
    head = journal.head()
    if not end:
        return max(first, journal.first()), head
    last = entry_number(journal, end)
    is_number = re.fullmatch(r"\d+", end)
    return max(first, journal.first()), min(head, last if is_number else last - 1)


def concerning(journal: Journal, first: int, last: int, only: Only) -> Iterator[Entry]:
    """Entries in order that hold anything of what is wanted."""
    for entry in journal.entries(after=max(0, first - 1), upto=last):
        if _is_wanted(entry, only):
            yield entry


def newest(journal: Journal, first: int, last: int, most: int, only: Only) -> list[Entry]:
    """The same, but only the last ones, looked for from the end."""
    found: list[Entry] = []
    while last >= first and len(found) < most:
        begin = max(first, last - LOOKED_BACK + 1)
        found = [*concerning(journal, begin, last, only), *found]
        last = begin - 1
    return found[-most:] if most else []


def lines(entry: Entry, only: Only) -> Iterator[str]:
    """One entry for people."""
    at = local(entry.intake.now_ms / 1000, seconds=True)
    yield f"entry {entry.position} · {at} WIB · {told_intake(entry)}"
    readings = 0
    for kind, sentence in told(entry, only):
        readings += kind == "reading"
        if kind == "reading" and readings > READINGS_SHOWN:
            continue
        yield from wrapped(f"{kind:9} {sentence}")
    if readings > READINGS_SHOWN:
        yield f"  … and {readings - READINGS_SHOWN} more readings: --json shows all"


def wrapped(text: str) -> list[str]:
    """Indented, and further where it goes on; a word longer than a line is broken."""
    return textwrap.wrap(
        text, COLUMNS, initial_indent="  ", subsequent_indent=" " * 12, drop_whitespace=True
    )


def _is_wanted(entry: Entry, only: Only) -> bool:
    return only == Only() or any(True for _ in told(entry, only))
