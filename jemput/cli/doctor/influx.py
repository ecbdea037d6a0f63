"""InfluxDB: whether it is there, and whether it has the bucket."""

import asyncio
from collections.abc import Iterator

from jemput.cli.doctor.finding import Finding, bad, good
from jemput.store.influx import Influx, InfluxTarget, ReadFailedError, WriteFailedError


def influx(target: InfluxTarget | None) -> Iterator[Finding]:
    """Ask it for what it holds."""
    if target is None:
        yield good("InfluxDB", "none is set: readings are kept in the database itself")
        return
    try:
        count = asyncio.run(_count(target))
        yield good("InfluxDB", f"{target.url} holds {count} readings in {target.bucket}")
    except WriteFailedError as error:
        yield bad("InfluxDB", str(error), "start it; check JEMPUT_INFLUX_URL")
    except ReadFailedError as error:
        remedy = "jemput influx setup; check JEMPUT_INFLUX_TOKEN, _ORG and _BUCKET"
        yield bad("InfluxDB", str(error), remedy)


async def _count(target: InfluxTarget) -> int:
    found = await Influx.open(target, make=False)
    try:
        return await found.count()
    finally:
        await found.close()
