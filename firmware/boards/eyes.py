"""The sensor as it is wired: without current while nobody asks, and never past a watchdog."""

from firmware.sensing.frames import A02Frames, MaxBotixFrames
from firmware.sensing.pulse import PulseSensor
from firmware.sensing.serial import SerialSensor

_FRAMES = {"a02": A02Frames, "mb7389": MaxBotixFrames}


class Eyes:
    """`copper` has the pins (firmware/boards/copper.py), `feed` calms the watchdog."""

    def __init__(self, copper, settings, feed):
        self._copper = copper
        self._settings = settings
        self._feed = feed
        self._power = copper.output("power")
        self._sensor = None

    def ping(self, temperature_c):
        """As every sensor; gives it current first."""
        self._feed()
        if self._sensor is None:
            self._power(1)
            self._sensor = self._wired()
            self._copper.clock.sleep_ms(self._settings["warm_up_ms"])
        return self._sensor.ping(temperature_c)

    def close(self):
        """Take its current away."""
        self._sensor = None
        self._power(0)

    def _wired(self):
        copper, kind = self._copper, self._settings["sensor"]
        if kind in _FRAMES:
            return SerialSensor(copper.uart(), _FRAMES[kind], copper.clock)
        trigger, echo = copper.output("trigger"), copper.input("echo")
        return PulseSensor(trigger, echo, copper.pulse_timer(), copper.clock)
