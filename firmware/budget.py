"""How long something may take. Everything that waits is handed a budget, and ends with it."""

_PAUSE_MS = 2


class OutOfTime(Exception):  # noqa: N818 - it says what there is no more of
    """The budget is used up."""


class Budget:
    """Milliseconds from now; `part` is a smaller piece of it that cannot outlast the whole.

    `clock` has `ticks_ms`, `ticks_diff` and `sleep_ms`; ticks may wrap. `feed` is called at every
    check: the watchdog bites whoever waits without asking here.
    """

    def __init__(self, clock, ms, feed=None):
        self._clock = clock
        self._feed = feed
        self._began = clock.ticks_ms()
        self._ms = ms

    def used_ms(self):
        """How long it has run."""
        return self._clock.ticks_diff(self._clock.ticks_ms(), self._began)

    def left_ms(self):
        """How long it still runs; never below zero."""
        return max(0, self._ms - self.used_ms())

    def part(self, ms):
        """A budget of at most `ms`, and of no more than what is left here."""
        return Budget(self._clock, min(ms, self.left_ms()), self._feed)

    def check(self):
        """Raise OutOfTime where nothing is left. Whoever may be kept busy asks at every turn."""
        if not self.left_ms():
            raise OutOfTime
        if self._feed:
            self._feed()

    def pause(self):
        """Wait a moment, or raise OutOfTime."""
        self.check()
        self._clock.sleep_ms(_PAUSE_MS)
