"""A device on the desk: real firmware on MicroPython, wake after wake, in a folder."""

import json
from pathlib import Path
from typing import Any, Final

from tests.firmware import interpreter
from tests.firmware.real_brokers import DEVICE, PASSWORD, SITE
from tests.servers import HOST

SETTINGS: Final[dict[str, Any]] = {
    "site": SITE,
    "device": DEVICE,
    "password": PASSWORD,
    "host": HOST,
    "echoes_us": [5803],
    "battery_mv": 3900,
    "temperature_c": 22,
    "tilt_deg": 2,
    "rssi_dbm": -71,
}
METRE_US: Final = 5803


class DeskDevice:
    """`wake` runs the firmware once; settings may change between wakes, as the world does."""

    def __init__(self, folder: Path, port: int, **settings: Any) -> None:  # noqa: ANN401
        self.folder = folder
        (folder / "flash").mkdir(parents=True)
        self.settings = {**SETTINGS, "port": port, **settings}
        self.taken = 0

    def configure(self, version: int = 1, **fields: int) -> None:
        """Give it a configuration as if it had come once, over flash."""
        script = (
            "from firmware.store.flash import Flash; import sys;"
            "Flash(sys.argv[1]).write('config', sys.argv[2].encode())"
        )
        told = json.dumps({"v": 1, "version": version, **fields})
        interpreter.said("-c", script, str(self.folder / "flash"), told)

    def wake(self, heap: str = interpreter.HEAP, **settings: Any) -> dict[str, Any]:  # noqa: ANN401
        """One wake; what the firmware says came of it."""
        self.settings.update(settings)
        self.write_settings()
        said = interpreter.said(interpreter.START, self.folder, heap=heap)
        outcome: dict[str, Any] = json.loads(said.splitlines()[-1])
        self.taken += outcome["sleep_s"] is not None
        return outcome

    def crashes(self) -> bool:
        """One wake that does not end in good order."""
        self.write_settings()
        return interpreter.run(interpreter.START, self.folder).returncode != 0

    def put_slots(self, state: dict[str, Any]) -> None:
        """As if it had been updated before."""
        script = (
            "from firmware import start; import json, sys;"
            "start.write(sys.argv[1], json.loads(sys.argv[2]))"
        )
        interpreter.said("-c", script, str(self.folder / "flash"), json.dumps(state))

    def write_settings(self) -> None:
        """What the firmware finds when it starts."""
        (self.folder / "device.json").write_text(json.dumps(self.settings))

    def lose_power(self) -> None:
        """RTC memory and the clock are gone."""
        for name in ("rtc", "clock"):
            (self.folder / name).unlink(missing_ok=True)
