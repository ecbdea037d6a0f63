"""`machine` of a board on a desk: what hangs on its pins stands in $COPPER/copper.json.

It is put before MicroPython's own on the path. What the board did to its pins is told when it
sleeps, which ends the process, as deep sleep does.
"""

import json
import os
import sys

PWRON_RESET, HARD_RESET, WDT_RESET, DEEPSLEEP_RESET = 1, 2, 3, 4
_FOLDER = os.getenv("COPPER") or "."
_RTC_BYTES = 2_048
DESK = json.loads(open(_FOLDER + "/copper.json").read())  # noqa: PTH123, SIM115 - MicroPython
PINS: dict[str, list[int]] = {}
DID: dict[str, object] = {"pins": PINS, "fed": 0}
COUNTS = {"fed": 0, "naps": 0}


class Pin:
    """Remembers what was written; reads what the desk says."""

    IN, OUT, PULL_UP = 0, 1, 2

    def __init__(
        self,
        number: object,
        mode: int | None = None,
        pull: int | None = None,
        value: int | None = None,
    ) -> None:
        self.number = str(number)
        del mode, pull
        if value is not None:
            self.value(value)

    def value(self, level: int | None = None) -> int | None:
        """As a Pin's."""
        if level is None:
            return int(DESK["inputs"].get(self.number, 0))
        levels = PINS.setdefault(self.number, [])
        if not levels or levels[-1] != level:
            levels.append(level)
        return None


class ADC:
    """What a pin carries, in microvolts."""

    ATTN_11DB = 3

    def __init__(self, pin: Pin, atten: int | None = None) -> None:
        del atten
        self._uv = int(DESK["uv"][pin.number])

    def read_uv(self) -> int:
        """Calibrated."""
        return self._uv

    def read_u16(self) -> int:
        """Against 3.3 V."""
        return self._uv * 65_535 // 3_300_000


class UART:
    """A sensor that writes the same frame again and again."""

    def __init__(self, number: int, baudrate: int, rx: Pin, tx: Pin) -> None:
        self.wired = (number, baudrate, rx.number, tx.number)
        self._frame = bytes(DESK["frame"])

    def any(self) -> int:
        """How many bytes wait."""
        return len(self._frame)

    def read(self, count: int) -> bytes:
        """So many of them."""
        return self._frame[:count]


class RTC:
    """Its memory is a file, so that it survives the process."""

    def memory(self, data: bytes | None = None) -> bytes | None:
        """As an ESP32's."""
        if data is not None:
            assert len(data) <= _RTC_BYTES, len(data)
            with open(_FOLDER + "/rtc", "wb") as file:  # noqa: PTH123 - MicroPython
                file.write(data)
            return None
        try:
            with open(_FOLDER + "/rtc", "rb") as file:  # noqa: PTH123 - MicroPython
                return file.read()
        except OSError:
            return b""

    def datetime(self, told: tuple[int, ...]) -> None:
        """Set it; this process's clock runs on as it does."""
        DID["clock"] = told


class WDT:
    """Bites nobody, but counts."""

    def __init__(self, timeout: int) -> None:
        DID["watchdog_ms"] = timeout

    def feed(self) -> None:
        """As a WDT's."""
        DID["fed"] = COUNTS["fed"] = COUNTS["fed"] + 1


def time_pulse_us(pin: Pin, level: int, timeout_us: int) -> int:
    """The next echo of the desk, over and over; 0 is none."""
    del pin, level, timeout_us
    DESK["echoes_us"].append(DESK["echoes_us"].pop(0))
    return int(DESK["echoes_us"][-1]) or -2


def reset_cause() -> int:
    """As the desk says."""
    return int(DESK["cause"])


def lightsleep(ms: int) -> None:
    """Short here; after so many as the desk says it is over."""
    COUNTS["naps"] += 1
    if COUNTS["naps"] >= DESK["naps"]:
        _end("lightsleep", ms)


def deepsleep(ms: int | None = None) -> None:
    """The end of this process."""
    _end("deepsleep", ms)


def reset() -> None:
    """The same."""
    _end("reset", None)


def _end(how: str, ms: int | None) -> None:
    DID["end"], DID["ms"] = how, ms
    sys.stdout.write(json.dumps(DID) + "\n")
    sys.exit(0)
