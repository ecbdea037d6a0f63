"""Tells other systems of one database until it is killed: `python -m ... sqlite:///path`."""

import asyncio
import sys

from ingest.events.teller import Teller
from jemput.store.clock import RunClock
from jemput.store.database import open_database
from jemput.store.deliveries import Deliveries
from tests.integration.events.desk import GROUP


async def tell_for_ever(url: str) -> None:
    """Say that it began, and go on."""
    deliveries = Deliveries(open_database(url), GROUP)
    sys.stdout.write("telling\n")
    sys.stdout.flush()
    await Teller(deliveries, RunClock.wall(), to_lan=True).run(asyncio.Event())


if __name__ == "__main__":
    asyncio.run(tell_for_ever(sys.argv[1]))
