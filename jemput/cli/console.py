"""Whoever has this console, as the audit log names them."""

import getpass
import sys
from collections.abc import Iterable
from typing import Final

import msgspec

AT_CONSOLE: Final = "console"


def who() -> str:
    """Whoever has this console; the log says that it was nobody's account."""
    return f"{AT_CONSOLE}/{getpass.getuser()}"


def print_rows(rows: object, lines: Iterable[str], *, as_json: bool) -> None:
    """Print what was asked for: one JSON value, or a line each."""
    if as_json:
        sys.stdout.write(msgspec.json.encode(rows).decode() + "\n")
        return
    sys.stdout.writelines(f"{line}\n" for line in lines)
