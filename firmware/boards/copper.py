"""Pins, and what hangs on them, as MicroPython's `machine` gives them on every board."""

import machine

_BAUD = 9_600
_SERIAL_UART = 1
_SAMPLES = 7
_CONVERT_MS = 110  # of a DS18B20 at nine bits
_NINE_BITS = b"\x00\x00\x1f"
_UNCONVERTED_C = 85  # what it says where it did not measure
_LYING_DEG = 90


def _nothing(level=0):
    """A pin that is not there."""
    return level


class Copper:
    """`pins` as in table.py; `clock` is `time`."""

    def __init__(self, pins, clock):
        self._pins = pins
        self.clock = clock

    def output(self, name):
        """What sets the pin of that name, low at first; nothing where none is."""
        pin = self._pins[name]
        return _nothing if pin is None else machine.Pin(pin, machine.Pin.OUT, value=0).value

    def input(self, name):
        """What reads the pin of that name."""
        return machine.Pin(self._pins[name], machine.Pin.IN).value

    def pulse_timer(self):
        """Times the echo pin, as `machine.time_pulse_us` does."""
        echo = machine.Pin(self._pins["echo"], machine.Pin.IN)

        def time_pulse_us(level, timeout_us):
            return machine.time_pulse_us(echo, level, timeout_us)

        return time_pulse_us

    def uart(self):
        """Where a sensor writes. Both pins are named: one left out may be a pin of the flash."""
        rx, tx = machine.Pin(self._pins["serial"]), machine.Pin(self._pins["serial_tx"])
        return machine.UART(_SERIAL_UART, baudrate=_BAUD, rx=rx, tx=tx)

    def middle(self, read):
        """The median of some samples: the ADC of an ESP32 is noisy."""
        return sorted([read() for _ in range(_SAMPLES)])[_SAMPLES // 2]

    def tilt_deg(self):
        """A ball switch knows only upright and not; None where there is none."""
        pin = self._pins["tilt"]
        if pin is None:
            return None
        return _LYING_DEG if machine.Pin(pin, machine.Pin.IN, machine.Pin.PULL_UP).value() else 0

    def temperature_c(self):
        """Whole degrees of a DS18B20; None where there is none, or it does not answer."""
        if self._pins["temperature"] is None:
            return None
        import ds18x20  # noqa: PLC0415 - few have one, and it costs memory
        import onewire  # noqa: PLC0415 - the same

        thermometer = ds18x20.DS18X20(onewire.OneWire(machine.Pin(self._pins["temperature"])))
        try:
            found = thermometer.scan()[0]
            thermometer.write_scratch(found, _NINE_BITS)
            thermometer.convert_temp()
            self.clock.sleep_ms(_CONVERT_MS)
            celsius = round(thermometer.read_temp(found))
        except Exception:  # noqa: BLE001 - a wire, a sum, nobody there: no temperature
            return None
        return None if celsius >= _UNCONVERTED_C else celsius
