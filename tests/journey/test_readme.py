"""Every command of the README is run as it stands there, only shorter."""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Final

import pytest

from api.users import hash_password
from jemput.broker.ports import free_port
from jemput.store.database import open_database
from jemput.store.pickups import Pickups

ROOT: Final = Path(__file__).parents[2]
SHORTER: Final = {
    "scripts/demo": "scripts/demo --for 10s",
    "scripts/demo --for 60s --json": "scripts/demo --for 12s --json",
    "scripts/demo --for 60s --keep town": "scripts/demo --for 12s --keep town",
    "scripts/test": "scripts/test tests/domain/test_payload.py -q",
}
SERVING: Final = frozenset({".venv/bin/jemput ingest", ".venv/bin/jemput api"})
ENDS_WITH: Final = {".venv/bin/jemput doctor": 1}
"""No broker runs here, and the doctor says so."""


def commands(title: str) -> list[str]:
    """The indented lines of a section."""
    sections = re.split(r"^## ", (ROOT / "README.md").read_text(), flags=re.MULTILINE)
    section = next(one for one in sections if one.startswith(title + "\n"))
    return [line.strip() for line in section.splitlines() if line.startswith("    ")]


def titles() -> list[str]:
    """Sections that hold commands."""
    return [
        title
        for title in re.findall(r"^## (.+)$", (ROOT / "README.md").read_text(), re.MULTILINE)
        if commands(title)
    ]


class Newcomer:
    """Somebody at a shell in the checkout, with files of their own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.environment = {
            name: value for name, value in os.environ.items() if not name.startswith("JEMPUT_")
        }
        self.words = {
            "town": str(folder / "town"),
            "READINGS.csv": str(self._readings()),
            "EMPTYINGS.csv": str(self._emptyings()),
            "BINS.csv": str(self._bins()),
            "BACKUPS": str(folder / "backups"),
        }

    def run(self, command: str) -> None:
        """Type a command, and expect it to end well."""
        if command.startswith("unset "):
            self.environment.pop(command.removeprefix("unset "), None)
            return
        if command.startswith("export "):
            name, _, value = self._with_files(command.removeprefix("export ")).partition("=")
            self.environment[name] = value
            return
        line = self._with_files(SHORTER.get(command, command))
        if command in SERVING:
            self._serve(line)
            return
        done = subprocess.run(
            line.split(),
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )
        said = f"{line}\n{done.stdout[-1000:]}\n{done.stderr[-2000:]}"
        assert done.returncode == ENDS_WITH.get(command, 0), said
        assert "Traceback" not in done.stderr, said

    def _serve(self, line: str) -> None:
        process = subprocess.Popen(
            line.split(), cwd=ROOT, env=self.environment, stderr=subprocess.PIPE, text=True
        )
        assert process.stderr is not None
        said = process.stderr.readline()
        time.sleep(1)
        process.send_signal(signal.SIGTERM)
        said += process.communicate(timeout=30)[1]
        assert process.returncode == 0, said

    def _with_files(self, command: str) -> str:
        for word, path in self.words.items():
            command = re.sub(rf"(?<![\w./]){re.escape(word)}\b", path, command)
        if "PICKUP" in command:
            engine = open_database(f"sqlite:///{self.folder / 'town' / 'jemput.db'}")
            command = command.replace("PICKUP", Pickups(engine, "main").list()[0].id)
            engine.dispose()
        return command

    def _readings(self) -> Path:
        rows = [
            f"a1,paper,2024-05-{day:02} {hour:02}:00:00,{min(99, 3 * hour + day)}"
            for day in range(1, 4)
            for hour in range(24)
        ]
        return self._write("readings.csv", "bin,waste,at_utc,fill_percent", *rows)

    def _emptyings(self) -> Path:
        header = "bin,waste,at_utc,previous_at_utc,before_percent,after_percent"
        rows = [
            f"a1,paper,2024-05-{day:02} 00:00:00,2024-05-{day - 1:02} 00:00:00,71,{day}"
            for day in (2, 3)
        ]
        return self._write("emptyings.csv", header, *rows)

    def _bins(self) -> Path:
        header = "bin,waste,halte,site,lat,lon,bin_type,device"
        return self._write(
            "bins.csv", header, "b1,organic,pasar,pakam,3.5583,98.8721,wheelie-240,dev-1"
        )

    def _write(self, name: str, *lines: str) -> Path:
        file = self.folder / name
        file.write_text("\n".join(lines) + "\n")
        return file


@pytest.fixture
def newcomer(tmp_path: Path) -> Newcomer:
    """Somebody whose own installation is a folder of the test's."""
    made = Newcomer(tmp_path)
    (tmp_path / "users.json").write_text(
        f'{{"sri": {{"role": "operator", "password_sha256": "{hash_password("x")}"}}}}'
    )
    made.environment |= {
        "JEMPUT_DATABASE_URL": f"sqlite:///{tmp_path / 'own.db'}",
        "JEMPUT_MQTT_PORT": str(free_port()),
        "JEMPUT_API_PORT": str(free_port()),
        "JEMPUT_USERS_FILE": str(tmp_path / "users.json"),
    }
    return made


@pytest.mark.timeout(600)
@pytest.mark.parametrize("title", titles())
def test_the_commands_of_a_section_do_what_they_say(newcomer: Newcomer, title: str) -> None:
    if any(line.startswith("export JEMPUT_SETTINGS") for line in commands(title)):
        for name in [one for one in newcomer.environment if one.startswith("JEMPUT_")]:
            del newcomer.environment[name]
    for command in commands(title):
        newcomer.run(command)


def test_there_are_commands_and_each_is_one_that_exists() -> None:
    found = [command for title in titles() for command in commands(title)]

    assert len(found) > 12
    assert set(SHORTER) | SERVING | set(ENDS_WITH) <= set(found)
    assert sys.executable.startswith(str(ROOT))
