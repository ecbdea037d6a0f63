"""InfluxDB: whether it is there, has the bucket, and lets us read and write it."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from http import HTTPStatus
from typing import Final

from jemput.cli.doctor.finding import Finding, bad, good
from jemput.store.influx import Influx, InfluxTarget, ReadFailedError, WriteFailedError

DAY_S: Final = 86_400
NO_RIGHT: Final = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN})


def influx(target: InfluxTarget | None) -> Iterator[Finding]:
    """Read the last day of it, and write a comment, which stores nothing."""
    if target is None:
        yield good("InfluxDB", "none is set: readings are kept in the database itself")
        return
    yield from asyncio.run(_all(target))


async def _all(target: InfluxTarget) -> list[Finding]:
    return [one async for one in _looked(target)]


async def _looked(target: InfluxTarget) -> AsyncIterator[Finding]:
    try:
        found = await Influx.open(target, make=False)
    except WriteFailedError as error:
        yield bad("InfluxDB", str(error), "start it; check JEMPUT_INFLUX_URL")
        return
    try:
        count = await found.count(within_s=DAY_S)
        sentence = f"{target.url} ({found.version}) holds {count:,} readings of the last day"
        await found.try_writing()
        yield good("InfluxDB", f"{sentence} in {target.bucket}, and takes more")
    except ReadFailedError as error:
        yield bad("InfluxDB", str(error), _to_read(error, target))
    except WriteFailedError as error:
        yield bad("InfluxDB", str(error), _to_write(error, target))
    finally:
        await found.close()


def _to_read(error: ReadFailedError, target: InfluxTarget) -> str:
    if error.status in NO_RIGHT:
        return f"check JEMPUT_INFLUX_TOKEN: it has to be one that may read {target.bucket}"
    return (
        "jemput influx setup makes what is missing; check JEMPUT_INFLUX_BUCKET and _ORG, "
        f"and that the token may read {target.bucket}"
    )


def _to_write(error: WriteFailedError, target: InfluxTarget) -> str:
    if error.status in NO_RIGHT:
        return f"give the token of JEMPUT_INFLUX_TOKEN the right to write {target.bucket}"
    return "check JEMPUT_INFLUX_ORG and _BUCKET; then jemput influx setup"
