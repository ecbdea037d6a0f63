"""What boards of copper have in common. Each says the rest: memory, battery, sleep, watchdog."""

import binascii
import json
import os
import time

import machine

from firmware.boards import signs, table, wifi
from firmware.boards.copper import Copper
from firmware.boards.eyes import Eyes
from firmware.net.dial import Tls
from firmware.wake import FOR_EVER, Outcome, wake

_FROM_2000_S = 946_684_800
_MAKER_MS = 3_000
_AFTER_FAULT_S = 900
_REBOOT = "reboot"


class Wired:
    """All that `wake` asks of a board, but for what is in esp32.py and pico_w.py.

    What survives sleep is ours before it is the store's: one byte counts wakes since power came,
    then comes what Wi-Fi remembers.
    """

    clock = time

    def __init__(self, folder, pins):
        self.folder = folder
        with open(folder + "/device.json") as file:
            self.settings = table.settled(json.load(file), pins)
        self._copper = Copper(self.settings["pins"], self.clock)
        self.signs = signs.Signs(
            self._copper.output("led"), self._copper.output("buzzer"), self.clock
        )
        self.sensor = Eyes(self._copper, self.settings, self.feed)
        self.tls = None
        if self.settings.get("authority"):
            authority = binascii.unhexlify(self.settings["authority"])
            self.tls = Tls(authority, self.settings["tls_name"])
        memory = self._recall()
        self.wakes = min(memory[0] + 1 if memory else 1, 255)
        self.wifi = wifi.Wifi(self.settings, memory[1 : 1 + wifi.BYTES])

    def feed(self):
        """Calm the watchdog."""

    def battery_mv(self):
        """Millivolts, or None where nothing measures them; before the radio starts."""
        pin = self.settings["pins"]["battery"]
        if pin is None:
            return None
        at_pin_uv = self._copper.middle(self._battery_uv(pin))
        upper, lower = self.settings["battery_upper_kohm"], self.settings["battery_lower_kohm"]
        return at_pin_uv * (upper + lower) // lower // 1_000

    def temperature_c(self):
        """Under the lid, or None."""
        return self._copper.temperature_c()

    def tilt_deg(self):
        """From upright, or None."""
        return self._copper.tilt_deg()

    def rssi_dbm(self):
        """Of the connection, or None."""
        return self.wifi.rssi_dbm()

    def random_bits(self, count):
        """Chance."""
        number = 0
        for byte in os.urandom(4):
            number = number << 8 | byte
        return number & ((1 << count) - 1)

    def now(self):
        """Unix seconds, as far as the board knows."""
        return int(self.clock.time()) + self._offset_s()

    def set_now(self, now_s):
        """Set the clock that runs on in deep sleep."""
        year, month, day, hour, minute, second, weekday = self.clock.gmtime(
            now_s - self._offset_s()
        )[:7]
        machine.RTC().datetime((year, month, day, weekday, hour, minute, second, 0))

    def rtc_read(self):
        """What survived deep sleep; nothing after a loss of power."""
        return self._recall()[1 + wifi.BYTES :]

    def rtc_write(self, data):
        """At most 2,024 bytes."""
        self._keep(bytes((self.wakes,)) + self.wifi.remembered + data)

    def connect(self, budget):
        """Join the network; raises Broken or OutOfTime."""
        self.sensor.close()
        self.wifi.join(budget)

    def dns_server(self):
        """Its address, as the network told."""
        return self.wifi.dns_server()

    def free_bytes(self):
        """How much room the flash has."""
        found = os.statvfs(self.folder or "/")
        return found[0] * found[3]

    def locate(self, budget):
        """Be seen and heard for as long as the budget runs."""
        self.signs.locate(budget)

    def radio_off(self):
        """It costs most."""
        self.wifi.off()

    def ended(self, outcome):
        """After a wake: nothing draws current, and whoever stands there sees what came of it."""
        self.sensor.close()
        if outcome.reason is not None:
            self.wifi.forget()
        self.rtc_write(self.rtc_read())
        if outcome.sleep_s is FOR_EVER:
            self.signs.say_goodbye()
        elif signs.is_shown(self.wakes):
            self.signs.show(signs.blinks(outcome.reason, self.wifi.is_on))

    def _offset_s(self):
        """Ports count seconds from 2000 or from 1970."""
        return _FROM_2000_S if self.clock.gmtime(0)[0] == 2000 else 0  # noqa: PLR2004 - a year

    def _battery_uv(self, pin):
        raise NotImplementedError

    def _recall(self):
        raise NotImplementedError

    def _keep(self, data):
        raise NotImplementedError


def one_wake(make_board, folder):
    """A wake, and its Outcome; whatever goes wrong, the battery must not pay for it."""
    try:
        board = make_board(folder)
        outcome = wake(board)
        board.ended(outcome)
    except Exception as error:  # noqa: BLE001 - a board that stays awake is empty in a day
        print("fault", repr(error))  # noqa: T201 - on the cable, for whoever holds it
        return Outcome(_AFTER_FAULT_S, "fault")
    return outcome


def wants_reboot(outcome):
    """Whether somebody commanded it."""
    return _REBOOT in outcome.commands


def let_a_maker_in(led, clock):
    """After the power came, not after sleep: time for a cable to interrupt."""
    signs.Signs(led, None, clock).wait_for_a_maker(_MAKER_MS)
