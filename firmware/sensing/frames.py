"""What sensors on a UART write, 9600 baud. A parser takes bytes one by one; pure.

`feed(byte)` gives millimetres when a whole valid frame has ended, else None.
"""

_A02_HEAD = 0xFF
_A02_BYTES = 4
_MB_BYTES = 6


class A02Frames:
    """A02YYUW (and JSN-SR04T in serial mode): FF, high, low, sum of the three."""

    nearest_mm = 30
    farthest_mm = 4500

    def __init__(self):
        self._frame = bytearray()

    def feed(self, byte):
        """Millimetres where `byte` ends a frame whose sum is right."""
        frame = self._frame
        frame.append(byte)
        if len(frame) == _A02_BYTES:
            if (frame[0] + frame[1] + frame[2]) & 0xFF == frame[3]:
                found = frame[1] << 8 | frame[2]
                self._frame = bytearray()
                return found
            self._frame = frame[1:]
        self._align()
        return None

    def _align(self):
        """Drop what cannot begin a frame: after a lost byte the next head may be anywhere."""
        start = 0
        while start < len(self._frame) and self._frame[start] != _A02_HEAD:
            start += 1
        self._frame = self._frame[start:]


class MaxBotixFrames:
    """MB7389 and its family: `R`, four digits, carriage return. No sum: two equal frames are one.

    Noise of one bit may turn a digit into another, so a number counts when it came twice in a row,
    give or take what the waste moves.
    """

    nearest_mm = 300
    farthest_mm = 4999
    _near_mm = 20

    def __init__(self):
        self._frame = bytearray()
        self._last_mm = -1

    def feed(self, byte):
        """Millimetres where `byte` ends a frame that agrees with the one before."""
        frame = self._frame
        if byte == ord("R"):
            self._frame = bytearray(b"R")
            return None
        if frame:
            frame.append(byte)
        if len(frame) < _MB_BYTES:
            return None
        self._frame = bytearray()
        digits = bytes(frame[1:5])
        if frame[5] != ord("\r") or not digits.isdigit():
            return None
        mm, last_mm = int(digits), self._last_mm
        self._last_mm = mm
        return mm if last_mm >= 0 and abs(mm - last_mm) <= self._near_mm else None
