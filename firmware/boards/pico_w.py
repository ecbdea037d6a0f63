"""Pico W: it has no memory that survives a reset, so it keeps that on flash, and sleeps lightly.

Each save is a file of at most 2 KB, written when something changed; LittleFS spreads them over the
whole flash. Its clock stops with the power, and what it says then is not believed until it is set.
"""

import time

import machine

from firmware import start
from firmware.boards import table
from firmware.boards.copper import Copper
from firmware.boards.wired import Wired, let_a_maker_in, one_wake, wants_reboot
from firmware.store.flash import Flash
from firmware.wake import FOR_EVER

_WATCHDOG_MS = 8_000  # the longest it has is 8,388
_NAP_MS = 5_000  # between two feeds
_FILE = "rtc"
_REFERENCE_UV = 3_300_000
_FULL_SCALE = 65_535


class Life:
    """What lasts from wake to wake until the power goes: a watchdog never ends, a clock runs."""

    watchdog: machine.WDT = None
    is_clock_set = False
    memory: bytes | None = None


class Board(Wired):
    """All that `wake` asks of a board."""

    def __init__(self, folder):
        if Life.watchdog is None:
            Life.watchdog = machine.WDT(timeout=_WATCHDOG_MS)
        self._flash = Flash(folder)
        super().__init__(folder, table.PICO_W_PINS)

    def feed(self):
        """Calm the watchdog."""
        Life.watchdog.feed()

    def now(self):
        """Unix seconds; the year 1970 until somebody told, whatever the clock began with."""
        return super().now() if Life.is_clock_set else 0

    def set_now(self, now_s):
        """Set the clock that runs on in light sleep."""
        super().set_now(now_s)
        Life.is_clock_set = True

    def _battery_uv(self, pin):
        """Against the 3.3 V of the board: nobody calibrated it."""
        adc = machine.ADC(machine.Pin(pin))

        def read_uv():
            return adc.read_u16() * _REFERENCE_UV // _FULL_SCALE

        return read_uv

    def _recall(self):
        if Life.memory is None:
            found = self._flash.read(_FILE)
            Life.memory = b"\x00" + found[1:] if found else b""  # somebody may be there again
        return Life.memory

    def _keep(self, data):
        """Where flash takes nothing an old state must not come back: its numbers are used up."""
        if data == Life.memory:
            return
        Life.memory = data
        try:
            self._flash.write(_FILE, data)
        except OSError:
            self._flash.remove(_FILE)


def run(folder="", clock=time):
    """Wake after wake, until a command, an update or a fault wants a new beginning."""
    if machine.reset_cause() == machine.PWRON_RESET:
        let_a_maker_in(Copper(table.PICO_W_PINS, clock).output("led"), clock)
    active = start.read(folder)["active"]
    while True:
        outcome = one_wake(Board, folder)
        if wants_reboot(outcome):
            machine.reset()
        _sleep(outcome.sleep_s)
        if _has_failed(outcome) or start.read(folder)["active"] != active:
            machine.reset()


def _has_failed(outcome):
    """Start anew then: whoever is on trial is counted at each start."""
    return outcome.reason is not None and outcome.reason.startswith("fault")


def _sleep(sleep_s):
    """In naps, since its watchdog never sleeps; None is for ever."""
    left_ms = None if sleep_s is FOR_EVER else sleep_s * 1_000
    while left_ms is None or left_ms > 0:
        nap_ms = _NAP_MS if left_ms is None else min(left_ms, _NAP_MS)
        if Life.watchdog is not None:
            Life.watchdog.feed()
        machine.lightsleep(nap_ms)
        if left_ms is not None:
            left_ms -= nap_ms
