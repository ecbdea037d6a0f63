"""A clock that only moves when somebody sleeps, and wraps as a board's does."""

WRAP = 1 << 30


class DeskClock:
    """Milliseconds from `start_ms`, wrapping at 2**30 as ticks do on 32-bit boards."""

    def __init__(self, start_ms: int = 0) -> None:
        self.now_us = start_ms * 1000

    def ticks_ms(self) -> int:
        """The wrapped clock."""
        return self.now_us // 1000 % WRAP

    def ticks_diff(self, later: int, earlier: int) -> int:
        """The signed difference of two ticks, over the wrap."""
        return (later - earlier + WRAP // 2) % WRAP - WRAP // 2

    def sleep_ms(self, ms: int) -> None:
        """Time passes."""
        self.now_us += ms * 1000

    def sleep_us(self, us: int) -> None:
        """A little time passes."""
        self.now_us += us
