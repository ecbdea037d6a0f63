"""What pure modules of jemput may lean on: each other, msgspec, and what is timeless in Python."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from tests.shape.tree import module_name, python_files

IMPURE: Final = frozenset({"cli", "store", "broker", "settings"})

# Standard, and still of the world: clocks, chance, disks, networks, processes.
WORLDLY: Final = (
    *("time", "random", "secrets", "uuid"),
    *("io.open", "os", "pathlib", "glob", "shutil", "tempfile", "sqlite3", "logging"),
    *("socket", "socketserver", "ssl", "select", "selectors", "http", "urllib.request"),
    *("asyncio", "threading", "multiprocessing", "subprocess", "signal", "ctypes"),
)
WORLDLY_CALLS: Final = frozenset({"open", "print", "input"})
CLOCK_CALLS: Final = frozenset({"now", "today", "utcnow"})


def impurities(tree: Path) -> list[str]:
    """Every import and call in a pure module of jemput that is not pure."""
    return [
        f"{file}:{line} {what}"
        for file in python_files(tree, "jemput")
        if is_pure(module_name(tree, file))
        for line, what in _impurities_of(file, module_name(tree, file))
    ]


def is_pure(module: str) -> bool:
    """Whether a module of jemput belongs to the pure floor."""
    parts = module.split(".")
    return parts[0] == "jemput" and not (len(parts) > 1 and parts[1] in IMPURE)


def may_import(module: str) -> bool:
    """Whether a pure module may import `module`, given by its whole name."""
    top = module.partition(".")[0]
    if top == "jemput":
        return is_pure(module)
    worldly = any(module == name or module.startswith(name + ".") for name in WORLDLY)
    return top == "msgspec" or (top in sys.stdlib_module_names and not worldly)


def _impurities_of(file: Path, module: str) -> Iterator[tuple[int, str]]:
    package = module if file.name == "__init__.py" else module.rpartition(".")[0]
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import | ast.ImportFrom):
            for imported in _imported(node, package):
                if not may_import(imported):
                    yield node.lineno, f"imports {imported}"
        if isinstance(node, ast.Call):
            name = _worldly_call(node.func)
            if name:
                yield node.lineno, f"calls {name}()"


def _imported(node: ast.Import | ast.ImportFrom, package: str) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    base = node.module or ""
    if node.level:
        above = package.split(".")[: len(package.split(".")) - node.level + 1]
        base = ".".join([*above, base]).rstrip(".")
    return [f"{base}.{alias.name}" for alias in node.names]


def _worldly_call(called: ast.expr) -> str | None:
    if isinstance(called, ast.Name) and called.id in WORLDLY_CALLS:
        return called.id
    if isinstance(called, ast.Attribute) and called.attr in CLOCK_CALLS:
        return called.attr
    return None
