"""The `jemput` command in this process: what a person would read, without a second to start."""

import io
import sys
from contextlib import redirect_stderr, redirect_stdout
from typing import NamedTuple
from unittest.mock import patch

from jemput.cli.main import run


class Said(NamedTuple):
    """What a command printed, and how it ended."""

    returncode: int
    stdout: str
    stderr: str


def jemput(*arguments: object) -> Said:
    """Run the command. Use a process of its own where it serves, or is killed."""
    out, err = io.StringIO(), io.StringIO()
    status: object = 0
    with (
        patch.object(sys, "argv", ["jemput", *map(str, arguments)]),
        redirect_stdout(out),
        redirect_stderr(err),
    ):
        try:
            run()
        except SystemExit as end:
            status = end.code
    return Said(status if isinstance(status, int) else 1, out.getvalue(), err.getvalue())
