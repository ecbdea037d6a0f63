"""A02YYUW and MB7389: sensors that measure by themselves and write what they found to a UART."""

from firmware.sensing.fault import NO_ECHO, Fault

_FRAME_MS = 700  # MB7389 needs 148 ms a frame, A02YYUW up to 300; twice, and a broken one
_STALE_READS = 16


class SerialSensor:
    """A sensor on a UART.

    `uart` has `any()` and `read(n)`; `make_frames` makes a parser of firmware/sensing/frames.py.
    These sensors know their own temperature, so none is needed.
    """

    def __init__(self, uart, make_frames, clock):
        self._uart = uart
        self._make_frames = make_frames
        self._clock = clock

    def ping(self, temperature_c):  # noqa: ARG002 - the surface that all sensors have
        """Millimetres of the next whole frame; raises Fault where none comes or it says nothing."""
        self._forget_what_is_old()
        frames = self._make_frames()
        mm = self._next_mm(frames)
        if mm is None or not 0 < mm <= frames.farthest_mm:
            raise Fault(NO_ECHO)
        return mm

    def _forget_what_is_old(self):
        """What waits in the buffer was measured while we slept. A line may babble on."""
        for _ in range(_STALE_READS):
            if not self._uart.any():
                return
            self._uart.read(self._uart.any())

    def _next_mm(self, frames):
        clock = self._clock
        began = clock.ticks_ms()
        while clock.ticks_diff(clock.ticks_ms(), began) < _FRAME_MS:
            waiting = self._uart.any()
            for byte in (self._uart.read(waiting) or b"") if waiting else b"":
                mm = frames.feed(byte)
                if mm is not None:
                    return mm
            clock.sleep_ms(2)
        return None
