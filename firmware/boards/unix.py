"""A board without copper: MicroPython's unix port, with a folder for flash, RTC memory and senses.

`micropython firmware/start.py FOLDER` is one wake. `FOLDER/device.json` has the settings of
README.md and what the senses say; what a real board would do next is written as JSON.
"""

import binascii
import json
import os
import sys
import time

from firmware.net.dial import Tls
from firmware.net.stream import Broken
from firmware.sensing.fault import NO_ECHO, STUCK_ECHO, Fault
from firmware.sensing.sound import distance_mm
from firmware.wake import wake

_UNSET_S = 946_684_800  # 2000, where an ESP32 begins
_CONNECT_MS = 10_000


class Senses:
    """`echoes_us`, one per ping, over and over: 0 is no echo, -1 a line that never falls."""

    def __init__(self, echoes_us):
        self._echoes_us = echoes_us
        self._pings = 0

    def ping(self, temperature_c):
        """As every sensor."""
        echo_us = self._echoes_us[self._pings % len(self._echoes_us)]
        self._pings += 1
        if echo_us <= 0:
            raise Fault(STUCK_ECHO if echo_us else NO_ECHO)
        return distance_mm(echo_us, temperature_c)


class Board:
    """All that `wake` asks of a board."""

    clock = time

    def __init__(self, folder):
        self._folder = folder
        self.folder = folder + "/flash"
        with open(folder + "/device.json") as file:
            self.settings = json.load(file)
        self.sensor = Senses(self.settings["echoes_us"])
        self.tls = None
        if self.settings.get("authority"):
            authority = binascii.unhexlify(self.settings["authority"])
            self.tls = Tls(authority, self.settings["tls_name"])

    def feed(self):
        """There is no watchdog here."""

    def battery_mv(self):
        """Millivolts, or None where nothing measures them; before the radio starts."""
        return self.settings.get("battery_mv")

    def temperature_c(self):
        """Under the lid, or None."""
        return self.settings.get("temperature_c")

    def tilt_deg(self):
        """From upright, or None."""
        return self.settings.get("tilt_deg")

    def rssi_dbm(self):
        """Of the connection, or None."""
        return self.settings.get("rssi_dbm")

    def random_bits(self, count):
        """Chance."""
        number = 0
        for byte in os.urandom(4):
            number = number << 8 | byte
        return number & ((1 << count) - 1)

    def now(self):
        """Unix seconds, as far as the board knows."""
        told = self._read("clock")
        if not told:
            return _UNSET_S
        return int(time.time()) + int(told)

    def set_now(self, now_s):
        """Set the clock that runs on in deep sleep."""
        self._write("clock", str(now_s - int(time.time())).encode())

    def rtc_read(self):
        """What survived deep sleep; nothing after a loss of power."""
        return self._read("rtc")

    def rtc_write(self, data):
        """At most 2,048 bytes."""
        self._write("rtc", data)

    def connect(self, budget):
        """Join the network; raises Broken or OutOfTime."""
        turn = budget.part(_CONNECT_MS)
        while self.settings.get("network") == "gone":
            if not turn.left_ms():
                raise Broken("no-network")
            budget.pause()

    def dns_server(self):
        """Its address, as the network told."""
        return self.settings.get("dns", "127.0.0.1")

    def free_bytes(self):
        """How much room the flash has."""
        told = self.settings.get("free_bytes")
        if told is not None:
            return told
        found = os.statvfs(self.folder)
        return found[0] * found[3]

    def locate(self, budget):
        """Be seen and heard for as long as the budget runs; here the folder says how often."""
        del budget
        self._write("located", str(int(self._read("located") or b"0") + 1).encode())

    def radio_off(self):
        """It costs most."""

    def _read(self, name):
        try:
            with open(self._folder + "/" + name, "rb") as file:
                return file.read()
        except OSError:
            return b""

    def _write(self, name, data):
        with open(self._folder + "/" + name, "wb") as file:
            file.write(data)


def run(folder, clock=time):
    """One wake, and what came of it. What a command left to do is said, too."""
    began = clock.ticks_ms()
    outcome = wake(Board(folder))
    said = {
        "awake_ms": clock.ticks_diff(clock.ticks_ms(), began),
        "sleep_s": outcome.sleep_s,
        "reason": outcome.reason,
        "commands": list(outcome.commands),
    }
    sys.stdout.write(json.dumps(said) + "\n")
