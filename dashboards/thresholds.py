"""Where a colour begins: the numbers are the rules' own, so a red band is what calls a truck."""

from typing import Final, NamedTuple

from dashboards.palette import ACT, UNKNOWN, WATCH, WELL
from jemput.policy import Policy


class Step(NamedTuple):
    """From this value on (None: from below everything) it is of this colour."""

    since: float | None
    colour: str


Steps = tuple[Step, ...]


class BadStepsError(ValueError):
    """Steps that do not rise, or do not begin below everything."""


def steps(*each: Step) -> Steps:
    """Checked: the first begins below everything, and each of the others above the one before."""
    values = [one.since for one in each]
    rising = [value for value in values if value is not None]
    if values[:1] != [None] or len(rising) != len(values) - 1 or rising != sorted(set(rising)):
        message = f"thresholds begin at {values}: the first is None, and the others rise"
        raise BadStepsError(message)
    return each


def rising(watch: float, act: float) -> Steps:
    """The higher the worse."""
    return steps(Step(None, WELL), Step(watch, WATCH), Step(act, ACT))


def falling(act: float, watch: float) -> Steps:
    """The lower the worse."""
    return steps(Step(None, ACT), Step(act, WATCH), Step(watch, WELL))


def level(policy: Policy) -> Steps:
    """Per cent full: at `call_percent` the truck is called, and below re-arm it is over."""
    return rising(policy.rearm_percent, policy.call_percent)


def battery(policy: Policy) -> Steps:
    """Millivolts: below `battery_low_mv` an incident is opened."""
    return falling(policy.battery_low_mv, policy.battery_low_mv + BATTERY_SOON_MV)


def hours(policy: Policy) -> Steps:
    """Hours that a pickup is open: after `claim_within_h` somebody else is told, too."""
    return rising(policy.claim_within_h, policy.collect_within_h)


def any_at_all() -> Steps:
    """None is well, one is to be looked at."""
    return steps(Step(None, WELL), Step(1, ACT))


PLAIN: Final = steps(Step(None, UNKNOWN))
"""A number that is neither good nor bad."""
BATTERY_SOON_MV: Final = 150
"""So far above the incident a battery is worth taking along on the next round."""
