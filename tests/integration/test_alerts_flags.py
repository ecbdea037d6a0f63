"""What a person is asked to look at stands in the database until they answered."""

from jemput.decisions import FlagPickup
from jemput.entry import FOLD_VERSION, Entry, Intake
from jemput.pickup import Flag
from jemput.store.database import writing
from jemput.store.effects import write_decisions
from jemput.store.pickups import Pickups
from tests.builders import START_S
from tests.integration.alerts_desk import GROUP, Desk, desk, receiver

__all__ = ["desk", "receiver"]


def test_collected_late_takes_the_flag_down(desk: Desk) -> None:
    desk.decide("b1")
    pickups = Pickups(desk.engine, GROUP)
    pickups.act("accept", "b1-1", "asep", START_S * 1000)
    flagged = FlagPickup("b1", "b1-1", Flag.ACCEPTED_NOT_COLLECTED)
    entry = Entry(2, 1, FOLD_VERSION, Intake(START_S * 1000), (), (), (), (flagged,))
    with writing(desk.engine) as connection:
        write_decisions(connection, GROUP, entry, desk.registry)
    assert pickups.get("b1-1").flag is Flag.ACCEPTED_NOT_COLLECTED

    answered = pickups.act("collect", "b1-1", "asep", START_S * 1000)
    assert answered == pickups.get("b1-1")
    assert answered.flag is None
