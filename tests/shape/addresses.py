"""No address of a package registry and no path of somebody's machine stands in a committed file."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

# Written so that none of these lines is found by itself.
REGISTRIES: Final = re.compile(
    r"\b(?:pypi|pythonhosted|npmjs|yarnpkg)\.(?:org|com)\b"
    r"|\b(?:static\.|index\.)?crates\.io\b"
    r"|\b(?:deb|security|ftp)\.debian\.org\b"
    r"|\b(?:proxy|sum)\.golang\.org\b"
    r"|\brepo1?\.maven\b"
)
MACHINE_PATHS: Final = re.compile(
    r"(?<![\w.*~})-])/(?:work|root|home|tmp|Users|opt/wheels)(?:/[\w.]|\b(?=[\"'\s]))"
)


def addresses(files: Iterator[Path]) -> list[str]:
    """Every line of these files that names a registry's host or a machine's path."""
    return [
        f"{file}:{number} names {match[0]}"
        for file in files
        for number, line in enumerate(file.read_bytes().decode(errors="replace").splitlines(), 1)
        for match in [REGISTRIES.search(line) or MACHINE_PATHS.search(line)]
        if match
    ]
