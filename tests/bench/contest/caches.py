"""Where contenders that are built or fetched are kept between runs: outside of the tree."""

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.bench.contest.contender import SkippedError

BUILD_TIMEOUT_S = 1200


def cache(name: str) -> Path:
    """A folder of the user's cache."""
    base = Path(os.environ.get("XDG_CACHE_HOME", "~/.cache")).expanduser()
    folder = base / "jemput-bench" / name
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def tool(name: str, package: str) -> str:
    """The path of a program of this machine. Raises `SkippedError`."""
    path = shutil.which(name)
    if path is None:
        raise SkippedError(f"{name} is not installed: sudo apt-get install {package}")
    return path


def make(command: Sequence[str], folder: Path, env: Mapping[str, str] | None = None) -> None:
    """Run a step of a build. Raises `SkippedError` with the end of what it said."""
    sys.stderr.write(f"  {' '.join(command)}\n")
    try:
        done = subprocess.run(
            command,
            cwd=folder,
            env={**os.environ, **(env or {})},
            capture_output=True,
            text=True,
            check=False,
            timeout=BUILD_TIMEOUT_S,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise SkippedError(f"{command[0]}: {error}") from error
    if done.returncode:
        raise SkippedError(f"{' '.join(command[:3])} failed: {done.stderr.strip()[-300:]}")
