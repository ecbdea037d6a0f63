"""The scenarios, in rooms by what is broken."""

from tests.faults.scenario import Scenario
from tests.faults.scenarios import broker, crash, influx, link

SCENARIOS = tuple(
    sorted(
        (one for room in (broker, crash, influx, link) for one in room.room.scenarios),
        key=lambda one: one.id,
    )
)

__all__ = ["SCENARIOS", "Scenario"]
