"""A board on a bench: its own files on MicroPython, with a desk in place of its copper."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any, Final

from tests.firmware import interpreter
from tests.firmware.real_brokers import DEVICE, PASSWORD, SITE
from tests.servers import HOST
from tests.shape.tree import ROOT

COPPER: Final = ROOT / "tests/firmware/copper"
PINS: Final = {
    "esp32": {"battery": "34", "power": "13", "led": "2", "tilt": "33"},
    "pico_w": {"battery": "26", "power": "15", "led": "LED", "tilt": "14"},
}
FAR: Final = {"name": "Pasar", "password": "rahasia", "rssi": -80, "bssid": [8, 1, 1, 1, 1, 1]}
NEAR: Final = {"name": "Pasar", "password": "rahasia", "rssi": -60, "bssid": [9, 1, 1, 1, 1, 1]}
AFTER_SLEEP, AFTER_POWER = 4, 1
HEAP: Final = "200K"  # the boards' files too, from source
_SCRIPT: Final = """
from firmware.boards import {} as it, signs, wired
import sys
wired._MAKER_MS = 10
signs._ON_MS = signs._OFF_MS = signs._LONG_MS = 1
it.run(sys.argv[1])
"""


class Bench:
    """`wake` runs it until it sleeps; `desk` is what hangs on it, and may change between."""

    def __init__(self, folder: Path, platform: str, port: int = 1) -> None:
        self.folder, self.platform, self.pins = folder, platform, PINS[platform]
        self.settings: dict[str, Any] = {
            "site": SITE,
            "device": DEVICE,
            "password": PASSWORD,
            "host": HOST,
            "port": port,
            "wifi": "Pasar",
            "wifi_password": "rahasia",
            "warm_up_ms": 10,
        }
        self.desk: dict[str, Any] = {
            "cause": AFTER_SLEEP,
            "inputs": {},
            "uv": {self.pins["battery"]: 1_950_000},
            "echoes_us": [5803],
            "frame": [],
            "points": [FAR, NEAR],
            "naps": 1,
        }

    def wake(self) -> dict[str, Any]:
        """What it did until it slept (tests/firmware/copper/machine.py)."""
        return self._ran("-c", _SCRIPT.format(self.platform), str(self.folder))

    def start(self) -> dict[str, Any]:
        """The same of main.py, with nothing to start."""
        return self._ran(str(interpreter.START))

    def _ran(self, *arguments: str) -> dict[str, Any]:
        (self.folder / "device.json").write_text(json.dumps(self.settings))
        (self.folder / "copper.json").write_text(json.dumps(self.desk))
        path = f"{COPPER}:{ROOT}:.frozen"
        program = interpreter.require()
        done = subprocess.run(
            [program, "-X", f"heapsize={HEAP}", *arguments],
            env={**os.environ, "COPPER": str(self.folder), "MICROPYPATH": path},
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        assert done.returncode == 0, done.stderr + done.stdout
        *complaints, said = done.stdout.splitlines()
        found: dict[str, Any] = json.loads(said)
        found["complaints"] = complaints
        return found
