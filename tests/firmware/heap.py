"""How much memory a whole wake needs, found by trying on MicroPython's unix port.

A word is twice as long there as on an ESP32, so its heap is the stricter gate. The wake hears a
configuration, a command and an update, and fetches all of it: what takes most.
"""

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from jemput import topics
from jemput.cli.remote.compiling import compiled
from jemput.remote import configuration, update
from jemput.remote.command import Command, encode
from tests.firmware import interpreter, releases
from tests.firmware.broker.honest import Habits, ThreadBroker
from tests.firmware.device import DeskDevice
from tests.firmware.real_brokers import DEVICE, SITE

STEP_KIB: Final = 8
LEAST_KIB: Final = 64
MOST_KIB: Final = 512
GATES_KIB: Final = {"mpy_kib": 96, "source_kib": 160}
"""In so much a whole wake has to go through."""


def smallest_heaps() -> dict[str, int]:
    """KiB in which a wake that reports and fetches goes through, by how the firmware is loaded."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        source = releases.source()
        loaded = {"mpy_kib": compiled(source), "source_kib": source}
        return {kind: _smallest(folder / kind, files) for kind, files in loaded.items()}


def goes_through(folder: Path, files: Mapping[str, bytes], kib: int) -> bool:
    """Whether a wake reports and fetches an update, all of it new, in a heap of so many KiB."""
    retained = _told(files)
    with ThreadBroker(Habits(retained=retained)) as broker:
        key = update.device_key(releases.TOWN_KEY, DEVICE).hex()
        device = DeskDevice(folder, broker.port, update_key=key)
        device.configure(measure_every_s=900, report_every_s=900)
        releases.install(folder / "flash", files)
        device.write_settings()
        done = interpreter.run(interpreter.START, folder, heap=f"{kib}K")
        is_whole = (folder / "flash/slots").exists()
        return done.returncode == 0 and '"reason": null' in done.stdout and is_whole


def _told(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """What a broker retains for the device: every file is another than it has."""
    made = update.release("9.1", {path: content + b"#" for path, content in files.items()})
    key = update.device_key(releases.TOWN_KEY, DEVICE)
    told = {
        topics.chunk(digest, number): piece
        for digest, content in made.pieces.items()
        for number, piece in enumerate(update.chunks(content))
    }
    told[topics.told(SITE, DEVICE, "update")] = update.manifest(made, 7, DEVICE, key)
    told[topics.told(SITE, DEVICE, "config")] = configuration.encode(2, {"pings": 7})
    told[topics.told(SITE, DEVICE, "command")] = encode(1, Command.MEASURE, 0)
    return told


def _smallest(folder: Path, files: Mapping[str, bytes]) -> int:
    for kib in range(LEAST_KIB, MOST_KIB, STEP_KIB):
        if goes_through(folder / str(kib), files, kib):
            return kib
    return MOST_KIB
