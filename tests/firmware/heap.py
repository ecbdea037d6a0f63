"""How much memory a whole wake needs, found by trying on MicroPython's unix port.

A word is twice as long there as on an ESP32, so its heap is the stricter gate.
"""

import tempfile
from pathlib import Path
from typing import Final

from tests.firmware import interpreter
from tests.firmware.broker.honest import ThreadBroker
from tests.firmware.device import DeskDevice

STEP_KIB: Final = 16
MOST_KIB: Final = 512


def smallest_heaps() -> dict[str, int]:
    """KiB in which a wake that reports goes through, by how the firmware is loaded."""
    with ThreadBroker() as broker, tempfile.TemporaryDirectory() as name:
        device = DeskDevice(Path(name) / "device", broker.port)
        device.configure(measure_every_s=900, report_every_s=900)
        return {"source_kib": _smallest(device)}


def _smallest(device: DeskDevice) -> int:
    for kib in range(STEP_KIB, MOST_KIB, STEP_KIB):
        if goes_through(device, kib):
            return kib
    return MOST_KIB


def goes_through(device: DeskDevice, kib: int) -> bool:
    """Whether a wake reports in a heap of so many KiB."""
    device.write_settings()
    done = interpreter.run(interpreter.START, device.folder, heap=f"{kib}K")
    return done.returncode == 0 and '"reason": null' in done.stdout
