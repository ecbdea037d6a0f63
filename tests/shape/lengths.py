"""How long a file and a function may grow before the noun inside wants a room of its own."""

import ast
from collections.abc import Iterator
from pathlib import Path
from statistics import median


def line_count(file: Path) -> int:
    """Lines of a file, comments and blank ones too: they are read as well."""
    return len(file.read_text().splitlines())


def long_files(files: Iterator[Path], limit: int) -> list[str]:
    """Files of `limit` lines or more."""
    counted = [(file, line_count(file)) for file in files]
    return [
        f"{file} has {count} lines; {limit} is too many"
        for file, count in counted
        if count >= limit
    ]


def median_length(files: Iterator[Path]) -> float:
    """Lines of the file in the middle, of those that hold any."""
    return median([count for count in map(line_count, files) if count] or [0])


def long_functions(files: Iterator[Path], limit: int) -> list[str]:
    """Functions of `limit` lines or more, from `def` to their last line."""
    return [
        f"{file}:{function.lineno} {function.name} has {length} lines; {limit} is too many"
        for file in files
        for function, length in functions(file)
        if length >= limit
    ]


def functions(file: Path) -> Iterator[tuple[ast.FunctionDef | ast.AsyncFunctionDef, int]]:
    """Every function of a file with its length in lines, inner ones too."""
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node, (node.end_lineno or node.lineno) - node.lineno + 1
