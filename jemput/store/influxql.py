"""Words of InfluxQL: names in quotes, and how long a retention policy keeps."""

import re
from typing import Final

HOUR_S: Final = 3600
DAY_S: Final = 86_400
UNITS_S: Final = {"w": 7 * DAY_S, "d": DAY_S, "h": HOUR_S, "m": 60, "s": 1}


def name_of(text: str) -> str:
    """A name of a database or a policy, in quotes."""
    return '"{}"'.format(text.replace("\\", "\\\\").replace('"', '\\"'))


def seconds_of(duration: str) -> int:
    """Seconds of `2160h0m0s`; 0 means for ever."""
    parts = re.findall(r"(\d+)([wdhms])", duration)
    return sum(int(number) * UNITS_S[unit] for number, unit in parts)


def shard_s(retention_s: int) -> int:
    """How long a shard is, by InfluxDB's own rule; a longer one than the retention is refused."""
    if not retention_s or retention_s > 180 * DAY_S:
        return 7 * DAY_S
    return DAY_S if retention_s >= 2 * DAY_S else HOUR_S
