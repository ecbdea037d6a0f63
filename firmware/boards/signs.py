"""What a board shows to whoever stands before it. The table in README.md explains the blinks."""

_ON_MS, _OFF_MS = 120, 280
_LONG_MS = 1_500
_TURN_MS = 250
_SHOWN_WAKES = 20  # since power came; later nobody is looking, and each second costs battery

MEASURED, REPORTED, NO_NETWORK, NO_BROKER, REFUSED, NO_TRUST, FAULT = 1, 2, 3, 4, 5, 6, 7
_NETWORK = ("no-network",)
_TRUST = ("tls", "no-time")


def blinks(reason, has_radio):
    """How often it blinks for an outcome's reason; `has_radio` is whether it tried to report."""
    if reason is None:
        return REPORTED if has_radio else MEASURED
    if reason in _NETWORK:
        return NO_NETWORK
    if reason in _TRUST:
        return NO_TRUST
    if reason.startswith("refused"):
        return REFUSED
    return FAULT if reason.startswith("fault") else NO_BROKER


class Signs:
    """`led` and `buzzer` set pins, `clock` sleeps."""

    def __init__(self, led, buzzer, clock):
        self._led = led
        self._buzzer = buzzer
        self._clock = clock

    def show(self, count):
        """Blink so often."""
        for _ in range(count):
            self._led(1)
            self._clock.sleep_ms(_ON_MS)
            self._led(0)
            self._clock.sleep_ms(_OFF_MS)

    def say_goodbye(self):
        """One long: the battery is empty, and it sleeps until somebody changes it."""
        self._led(1)
        self._clock.sleep_ms(_LONG_MS)
        self._led(0)

    def wait_for_a_maker(self, wait_ms):
        """Lit: for so long a cable may interrupt, and no watchdog runs yet."""
        self._led(1)
        self._clock.sleep_ms(wait_ms)
        self._led(0)

    def locate(self, budget):
        """Be seen and heard until the budget ends."""
        level = 0
        while budget.left_ms():
            level = 1 - level
            self._led(level)
            self._buzzer(level)
            turn = budget.part(_TURN_MS)
            while turn.left_ms():
                turn.pause()
        self._led(0)
        self._buzzer(0)


def is_shown(wakes):
    """Whether somebody may be standing there, so many wakes after power came."""
    return wakes <= _SHOWN_WAKES
