"""Command lines of `jemput` in our pages, and whether the program would take them."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import typer

_INLINE: Final = re.compile(r"`((?:[A-Z_]+=\S+ )?(?:\.venv/bin/)?jemput [^`]+)`")
_BLOCK: Final = re.compile(r"^ {4}(?:[A-Z_]+=\S+ )?((?:\.venv/bin/)?jemput .+)$", re.MULTILINE)
_OPENS: Final = re.compile(r"^(?:[A-Z_]+=\S+ )?(?:\.venv/bin/)?jemput ")
_SHORT: Final = frozenset("…|[(")
"""What stands for more than one command; the words before it are looked at."""


def command_lines(page: Path) -> list[str]:
    """What follows `jemput` in code of a page: indented lines, and words in backticks."""
    text = page.read_text().replace("\\\n", " ")
    found = [*_INLINE.findall(text.replace("\n", " ")), *_BLOCK.findall(text)]
    return [_OPENS.sub("", line).partition(" #")[0].strip() for line in found]


def mistakes(app: typer.Typer, line: str) -> Iterator[str]:
    """What the program would not know of a command line: a command, or an option."""
    command: Any = typer.main.get_command(app)
    context = command.context_class(command, info_name="jemput")
    words = list(_words(line))
    while hasattr(command, "commands"):
        if not words or words[0].startswith("-"):
            return
        if words[0] not in command.commands:
            yield f"jemput {line}: no command is called {words[0]!r}"
            return
        _, command, words = command.resolve_command(context, words)
        context = command.context_class(command, parent=context, info_name=command.name)
    known = {name for option in command.params for name in (*option.opts, *option.secondary_opts)}
    for word in words:
        option = word.partition("=")[0]
        if option.startswith("-") and option not in known | {"--help"}:
            yield f"jemput {line}: {command.name} has no option {option}"


def _words(line: str) -> Iterator[str]:
    for word in shlex.split(line):
        if word[0] in _SHORT or word.startswith(">"):
            return
        yield word
