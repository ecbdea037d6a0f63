"""What a demo leaves in InfluxDB: how to look at it, and how much it was."""

import asyncio
import contextlib
import time
from dataclasses import dataclass
from typing import Final, Self
from urllib.parse import quote_plus

from jemput.store.influx import COUNT, Influx, InfluxTarget, ReadFailedError, WriteFailedError
from jemput.store.influx_setup import SetupError, set_up

SETTLE_S: Final = 10.0
LOOK_S: Final = 0.2


@dataclass(frozen=True)
class Points:
    """The points that this run adds to a server that may hold others already."""

    target: InfluxTarget
    there_before: int

    @classmethod
    async def before(cls, target: InfluxTarget) -> Self:
        """Count what is there already, in a database that is made where it is missing.

        Raises `WriteFailedError` where no InfluxDB is.
        """
        with contextlib.suppress(SetupError):  # whoever may make nothing may still write
            await set_up(target)
        return cls(target, await _count(target))

    async def added(self, expected: int) -> int | None:
        """Points by now, None where the server went away.

        Waits a while for `expected`, since InfluxDB 3 shows them a little late.
        """
        deadline = time.monotonic() + SETTLE_S
        while True:
            try:
                added = await _count(self.target) - self.there_before
            except WriteFailedError:
                return None
            if added == expected or time.monotonic() > deadline:
                return added
            await asyncio.sleep(LOOK_S)

    def example(self) -> str:
        """A line for a shell that asks how many there are."""
        query = quote_plus(COUNT, safe="()")
        url = self.target.at(f"/query?db={quote_plus(self.target.bucket)}&q={query}")
        who = '-H "Authorization: Token $JEMPUT_INFLUX_TOKEN" ' if self.target.token else ""
        return f"curl -s {who}'{url}'"


async def _count(target: InfluxTarget) -> int:
    influx = await Influx.open(target)
    try:
        return await influx.count()
    except ReadFailedError:
        return 0  # InfluxDB 3 makes a database with its first point
    finally:
        await influx.close()
