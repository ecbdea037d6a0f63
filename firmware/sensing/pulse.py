"""HC-SR04 and JSN-SR04T: a trigger pin, and an echo pin that is high as long as sound is away."""

from firmware.sensing.fault import NO_ECHO, STUCK_ECHO, Fault
from firmware.sensing.sound import distance_mm

_QUIET_MS = 60  # between two triggers, so that the last echo is not taken for the next
_FALL_MS = 250  # clones without an echo hold the pin high for 200 ms
_TRIGGER_US = 20  # the data sheet says 10; a JSN is steadier with 20
_LONGEST_US = 38_000  # over six metres: no sensor of this kind hears that far


class PulseSensor:
    """A sensor on two pins.

    `trigger(level)` and `echo()` set and read the pins. `time_pulse_us(level, timeout_us)` times
    the echo pin as `machine.time_pulse_us` does: -2 where the pulse never began, -1 where it never
    ended. `clock` has `ticks_ms`, `ticks_diff`, `sleep_ms` and `sleep_us`.
    """

    def __init__(self, trigger, echo, time_pulse_us, clock):
        self._trigger = trigger
        self._echo = echo
        self._time_pulse_us = time_pulse_us
        self._clock = clock
        trigger(0)

    def ping(self, temperature_c):
        """Millimetres; raises Fault where there is no echo, or a pin that does not fall."""
        self._wait_until_quiet()
        self._trigger(1)
        self._clock.sleep_us(_TRIGGER_US)
        self._trigger(0)
        echo_us = self._time_pulse_us(1, _LONGEST_US)
        if echo_us <= 0:
            raise Fault(NO_ECHO)
        return distance_mm(echo_us, temperature_c)

    def _wait_until_quiet(self):
        """A pin still high would be timed at once: a short echo, and a bin falsely full."""
        clock = self._clock
        clock.sleep_ms(_QUIET_MS)
        began = clock.ticks_ms()
        while self._echo():
            if clock.ticks_diff(clock.ticks_ms(), began) >= _FALL_MS:
                raise Fault(STUCK_ECHO)
            clock.sleep_ms(1)
