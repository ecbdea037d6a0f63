"""ESP32: everything sleeps but its RTC, which keeps 2,048 bytes and the time."""

import time

import machine

from firmware.boards import table
from firmware.boards.copper import Copper
from firmware.boards.wired import Wired, let_a_maker_in, one_wake, wants_reboot
from firmware.wake import FOR_EVER

_WATCHDOG_MS = 30_000


class Board(Wired):
    """All that `wake` asks of a board."""

    def __init__(self, folder):
        self._watchdog = machine.WDT(timeout=_WATCHDOG_MS)
        super().__init__(folder, table.ESP32_PINS)

    def feed(self):
        """Calm the watchdog."""
        self._watchdog.feed()

    def _battery_uv(self, pin):
        """As it was calibrated in the factory; linear from 150 to 2,450 mV."""
        return machine.ADC(machine.Pin(pin), atten=machine.ADC.ATTN_11DB).read_uv

    def _recall(self):
        return machine.RTC().memory()

    def _keep(self, data):
        machine.RTC().memory(data)


def run(folder="", clock=time):
    """One wake, and deep sleep: what comes next begins at main.py."""
    if machine.reset_cause() in (machine.PWRON_RESET, machine.HARD_RESET):
        let_a_maker_in(Copper(table.ESP32_PINS, clock).output("led"), clock)
    outcome = one_wake(Board, folder)
    if wants_reboot(outcome):
        machine.reset()
    elif outcome.sleep_s is FOR_EVER:
        machine.deepsleep()
    else:
        machine.deepsleep(outcome.sleep_s * 1_000)
