"""A sensor on two pins, as the data sheets and the forums describe it."""

from tests.firmware.desk.clock import DeskClock

NEVER_BEGAN, NEVER_ENDED = -2, -1


class EchoPins:
    """`echoes_us` says what each trigger brings.

    Microseconds of echo; 0: nothing at all; -N: the pin rises and falls only N milliseconds later.
    After the last one they begin again.
    """

    def __init__(self, clock: DeskClock, echoes_us: list[int]) -> None:
        self._clock = clock
        self._echoes_us = echoes_us
        self._high_until_us = -1
        self._level = 0
        self.triggers = 0
        self._planned_us = 0

    def trigger(self, level: int) -> None:
        """The falling edge after a high of ten microseconds or more starts a ping."""
        if self._level and not level:
            self._planned_us = self._echoes_us[self.triggers % len(self._echoes_us)]
            self.triggers += 1
        self._level = level

    def echo(self) -> int:
        """The pin now."""
        return int(self._clock.now_us < self._high_until_us)

    def time_pulse_us(self, level: int, timeout_us: int) -> int:
        """As `machine.time_pulse_us`: it starts at once where the pin is high already."""
        assert level == 1
        if self.echo():
            left_us = self._high_until_us - self._clock.now_us
            self._clock.sleep_us(min(left_us, timeout_us))
            return left_us if left_us < timeout_us else NEVER_ENDED
        if self._planned_us == 0:
            self._clock.sleep_us(timeout_us)
            return NEVER_BEGAN
        if self._planned_us < 0:
            self._high_until_us = self._clock.now_us - self._planned_us * 1000
            self._clock.sleep_us(timeout_us)
            return NEVER_ENDED
        self._clock.sleep_us(self._planned_us)
        return self._planned_us
