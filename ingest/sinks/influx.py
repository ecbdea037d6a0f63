"""InfluxDB as a sink: pieces in flight together, halved where the server will not take them."""

import asyncio
import re
from collections.abc import Callable, Sequence
from http import HTTPStatus
from typing import Final

from ingest.sinks.sink import Refused
from jemput.entry import Entry
from jemput.facts import Facts
from jemput.points import line
from jemput.store.influx import Influx, InfluxTarget, WriteFailedError

LINES_AT_ONCE: Final = 5000
"""About a megabyte; InfluxDB 3 takes ten, 1.x twenty-five."""
IN_FLIGHT: Final = 8
"""Writes at once: InfluxDB 3 answers each after up to a second, however many wait."""

Row = tuple[bytes, Entry, str]
"""A line, the entry it is from, and its device."""


class InfluxSink:
    """Writes readings and facts of entries as points. Writing them again makes the same points."""

    name = "influx"

    def __init__(
        self, target: InfluxTarget, facts_after: Callable[[int], Facts] | None = None
    ) -> None:
        """Take where to write; the server is asked at the first write, so it may be down now.

        `facts_after` a position begins to follow there, and may ask the database for long; without
        it only readings are written.
        """
        self._target = target
        self._influx: Influx | None = None
        self._lines = _Lines(facts_after)

    async def write(self, entries: Sequence[Entry]) -> Sequence[Refused]:
        """Write many entries at once, in pieces that are in flight together."""
        if self._influx is None:
            self._influx = await Influx.open(self._target)
        return await write_rows(self._influx, await self._lines.of(entries))

    async def close(self) -> None:
        """End all connections."""
        influx, self._influx = self._influx, None
        if influx is not None:
            await influx.close()


class _Lines:
    """Lines of entries. Facts follow them in order, so those of a chunk tried again are kept."""

    def __init__(self, facts_after: Callable[[int], Facts] | None) -> None:
        self._facts_after = facts_after
        self._facts: Facts | None = None
        self._chunk = (0, 0)
        self._rows: list[Row] = []

    async def of(self, entries: Sequence[Entry]) -> list[Row]:
        chunk = entries[0].position, entries[-1].position
        if chunk == self._chunk:
            return self._rows
        if self._facts_after is not None and chunk[0] != self._chunk[1] + 1:
            self._facts = None  # until they are found again: an outage here must not mix them
        if self._facts_after is not None and self._facts is None:
            self._facts = await asyncio.to_thread(self._facts_after, chunk[0] - 1)
        self._chunk, self._rows = chunk, self._made(entries)
        return self._rows

    def _made(self, entries: Sequence[Entry]) -> list[Row]:
        rows: list[Row] = []
        for entry in entries:
            facts = self._facts
            if facts is not None:
                rows += [(fact.encode(), entry, "") for fact in facts.take(entry)]
            rows += [
                (line(one, facts.place_of(one) if facts else None).encode(), entry, one.device)
                for one in entry.readings
            ]
        return rows


async def write_rows(influx: Influx, rows: Sequence[Row]) -> list[Refused]:
    """Write rows, and return those that the server will never take. Raises `WriteFailedError`."""
    attempt = _Attempt(influx)
    pieces = [rows[at : at + LINES_AT_ONCE] for at in range(0, len(rows), LINES_AT_ONCE)]
    return await attempt.write_all(pieces)


class _Attempt:
    """One try at many rows; after the first failure of the server nothing more is sent."""

    def __init__(self, influx: Influx) -> None:
        self._influx = influx
        self._gate = asyncio.Semaphore(IN_FLIGHT)
        self._failures: list[WriteFailedError] = []

    async def write_all(self, pieces: Sequence[Sequence[Row]]) -> list[Refused]:
        """All to their end, so that none is under way when the same rows are tried again."""
        answers = await asyncio.gather(*map(self._write, pieces), return_exceptions=True)
        refused: list[Refused] = []
        for answer in answers:
            if isinstance(answer, BaseException):
                raise self._most_patient() or answer
            refused += answer
        return refused

    async def _write(self, rows: Sequence[Row]) -> list[Refused]:
        """Write rows; halve what is too large or refused, until a refused row stands alone.

        Safe, because a point written twice is one point: servers differ in whether
        they stored the good lines of a write that they refused.
        """
        try:
            await self._send(b"\n".join(row[0] for row in rows))
        except WriteFailedError as error:
            if error.retry:
                raise
            if len(rows) == 1 or _dropped_all(error, len(rows)):
                return [_refused(row, error) for row in rows]
        else:
            return []
        half = len(rows) // 2
        return await self.write_all([rows[:half], rows[half:]])

    async def _send(self, lines: bytes) -> None:
        async with self._gate:
            if failure := self._most_patient():
                raise failure
            try:
                await self._influx.write(lines)
            except WriteFailedError as error:
                if error.retry:
                    self._failures.append(error)
                raise

    def _most_patient(self) -> WriteFailedError | None:
        """Of the server's failures, the one that asks to wait longest."""
        return max(self._failures, key=lambda one: one.retry_after_s or 0, default=None)


def _dropped_all(error: WriteFailedError, count: int) -> bool:
    """Whether the server says that it dropped every line, as it does beyond its retention."""
    found = re.search(r"\bdropped=(\d+)", error.detail)
    return (
        error.status != HTTPStatus.REQUEST_ENTITY_TOO_LARGE
        and found is not None
        and int(found[1]) >= count
    )


def _refused(row: Row, error: WriteFailedError) -> Refused:
    written, entry, device = row
    return Refused(entry.position, entry.intake.now_ms, device, written, error.detail)
