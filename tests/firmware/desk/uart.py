"""A UART whose bytes come as time passes."""

from tests.firmware.desk.clock import DeskClock


class TimedUart:
    """`stale` waits already; after that `line` comes again and again, one byte in `byte_ms`."""

    def __init__(self, clock: DeskClock, line: bytes, stale: bytes = b"", byte_ms: int = 1) -> None:
        self._clock = clock
        self._line = line
        self._byte_ms = byte_ms
        self._buffer = bytearray(stale)
        self._from_ms = clock.now_us // 1000
        self._taken = 0

    def any(self) -> int:
        """How many bytes wait."""
        passed_ms = self._clock.now_us // 1000 - self._from_ms
        while self._line and self._taken < passed_ms // self._byte_ms:
            self._buffer.append(self._line[self._taken % len(self._line)])
            self._taken += 1
        return len(self._buffer)

    def read(self, count: int) -> bytes | None:
        """Up to `count` of them; None where there are none, as MicroPython does."""
        taken = bytes(self._buffer[:count])
        self._buffer = bytearray(self._buffer[count:])
        return taken or None
