"""What `machine` and its like have on each port, as names: read from the stubs of a release.

`python -m tests.firmware.ports FOLDER` writes ports.json anew. FOLDER has `esp32` and `rp2`:
unpacked wheels of micropython-esp32-stubs and micropython-rp2-stubs. Both put their files at the
same place, so that they cannot be installed together.
"""

import ast
import json
import sys
from pathlib import Path
from typing import Final

TABLE: Final = Path(__file__).with_name("ports.json")
PORTS: Final = ("esp32", "rp2")
MODULES: Final = ("machine", "network", "onewire", "ds18x20")

Names = dict[str, list[str]]


def known(port: str) -> dict[str, Names]:
    """By module: its classes with their members, and under "" what is in no class."""
    found: dict[str, dict[str, Names]] = json.loads(TABLE.read_text())
    return found[port]


def read(stubs: Path) -> dict[str, Names]:
    """The same of unpacked stubs. What a stub does not know the type of may not be there at all."""
    found: dict[str, Names] = {}
    for module in MODULES:
        body = ast.parse((stubs / f"{module}.pyi").read_text()).body
        classes = [one for one in body if isinstance(one, ast.ClassDef)]
        found[module] = {one.name: _names(one.body) for one in classes}
        found[module][""] = _names(body)
    return found


def read_one(file: Path) -> list[str]:
    """The public names of a module, and its classes' as `Class.member`."""
    body = ast.parse(file.read_text()).body
    found = _names(body)
    for one in body:
        if isinstance(one, ast.ClassDef):
            found += [one.name, *(f"{one.name}.{member}" for member in _names(one.body))]
    return [name for name in found if not name.rpartition(".")[2].startswith("_")]


def _names(body: list[ast.stmt]) -> list[str]:
    found = {one.name for one in body if isinstance(one, ast.FunctionDef)}
    for one in body:
        if isinstance(one, ast.AnnAssign) and isinstance(one.target, ast.Name):
            found |= set() if "Incomplete" in ast.unparse(one) else {one.target.id}
        if isinstance(one, ast.Assign):
            found |= {name.id for name in ast.walk(one.targets[0]) if isinstance(name, ast.Name)}
    return sorted(found)


if __name__ == "__main__":
    table = {port: read(Path(sys.argv[1]) / port) for port in PORTS}
    TABLE.write_text(json.dumps(table, indent=0, sort_keys=True) + "\n")
