"""Whoever has this console, as the audit log names them, and their time."""

import getpass
import time
from typing import Final

AT_CONSOLE: Final = "console"


def who() -> str:
    """Whoever has this console; the log says that it was nobody's account."""
    return f"{AT_CONSOLE}/{getpass.getuser()}"


def wall_ms() -> int:
    """Unix milliseconds."""
    return int(time.time() * 1000)
