"""The scenarios, in rooms by what is broken; and the faults that have none here, and why."""

from typing import Final

from tests.faults.scenario import Scenario
from tests.faults.scenarios import (
    alerts,
    broker,
    certificates,
    clocks,
    crash,
    herd,
    influx,
    link,
    poison,
    postgresql,
    power,
    readings,
    storage,
    versions,
)

_ROOMS: Final = (
    crash,
    influx,
    broker,
    certificates,
    link,
    readings,
    clocks,
    herd,
    storage,
    power,
    versions,
    postgresql,
    poison,
    alerts,
)
SCENARIOS: Final = tuple(
    sorted((one for here in _ROOMS for one in here.room.scenarios), key=lambda one: one.id)
)
NOT_HERE: Final = {
    7: "answers 401 to 503 are scripted in tests/integration/test_sink_dialects.py",
    8: "a bad line among many is scripted there too; here a real server refuses rows (9, 10)",
    24: "what a power cut takes from PostgreSQL is not tried: it syncs by itself, and takes no VFS",
    31: "a CA or token that changes is not tried: both are read at the start, so restart",
    33: "there is no step between: threshold, pickup and alert are one commit, see 2",
    35: "everything at once, for as long as you like, is `scripts/faults --soak 1h`",
}
"""By number."""

__all__ = ["NOT_HERE", "SCENARIOS", "Scenario"]
