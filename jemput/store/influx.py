"""InfluxDB 1.x, 2 and 3: lines in, points out. Which dialect is spoken is decided once."""

from http import HTTPStatus
from typing import Final, Self

from jemput.ids import check_id
from jemput.points import FIELD_QUALITY, MEASUREMENT, TAG_BIN
from jemput.reading import Quality
from jemput.store.history import SECOND_NS, Point
from jemput.store.influx_link import (
    FIRST_WITH_BUCKETS,
    InfluxTarget,
    Link,
    NoAnswerError,
    ReadFailedError,
    WriteFailedError,
)
from jemput.store.influx_writers import Writer, writer_for
from jemput.store.influxql import name_of

__all__ = ["Influx", "InfluxTarget", "ReadFailedError", "WriteFailedError"]
_FROM: Final = f"FROM {MEASUREMENT}"
POINT: Final = f"SELECT fill_percent, level_percent, {FIELD_QUALITY} {_FROM}"
# Counting what every point has keeps a time in which only faults were reported.
MEANS: Final = f"SELECT mean(fill_percent), mean(level_percent), count({FIELD_QUALITY}) {_FROM}"
COMMENT: Final = b"# may this be written?"
COUNT: Final = f"SELECT count({FIELD_QUALITY}) {_FROM}"


class Influx:
    """A database or bucket of one server. Make it with `open`, end it with `close`."""

    def __init__(self, link: Link, writer: Writer) -> None:
        """Take an open link and the writer of the server's dialect."""
        self._link = link
        self._writer = writer

    @classmethod
    async def open(cls, target: InfluxTarget, *, make: bool = True) -> Self:
        """Ask for the version and choose the dialect; on 1.x `make` the database where missing.

        Raises `WriteFailedError` where the server is not there, or is no InfluxDB.
        """
        link = await Link.open(target)
        try:
            if make and link.version < FIRST_WITH_BUCKETS:
                await create_database(link)
        except BaseException:
            await link.close()
            raise
        return cls(link, writer_for(link))

    async def write(self, lines: bytes) -> None:
        """Write line protocol with times in nanoseconds. Raises `WriteFailedError`."""
        if lines:  # InfluxDB 3 answers 400 to an empty body, 2 does not
            await self._writer.write(lines)

    async def read(
        self, bin_id: str, from_s: int, to_s: int, every_s: int | None = None, most: int = 5000
    ) -> list[Point]:
        """As `EmbeddedHistory.read`. Raises `ReadFailedError`."""
        where = (
            f"WHERE {TAG_BIN} = '{check_id('bin', bin_id)}'"
            f" AND time >= {from_s * SECOND_NS} AND time < {to_s * SECOND_NS}"
        )
        if every_s is None:
            rows = await self._link.ask(f"{POINT} {where} LIMIT {most}")
            return [_point(*row) for row in rows]
        grouped = f"GROUP BY time({every_s}s) fill(none) LIMIT {most}"
        rows = await self._link.ask(f"{MEANS} {where} {grouped}")
        return [Point(time_s, fill, level) for time_s, fill, level, _ in rows]

    async def latest(self, bin_id: str) -> Point | None:
        """As `EmbeddedHistory.latest`. Raises `ReadFailedError`."""
        where = f"WHERE {TAG_BIN} = '{check_id('bin', bin_id)}'"
        rows = await self._link.ask(f"{POINT} {where} ORDER BY time DESC LIMIT 1")
        return _point(*rows[0]) if rows else None

    async def count(self, within_s: int | None = None) -> int:
        """How many readings there are, or of so many seconds before now.

        All of them may be many: that takes long. Raises `ReadFailedError`.
        """
        where = "" if within_s is None else f" WHERE time > now() - {within_s}s"
        rows = await self._link.ask(COUNT + where)
        return int(rows[0][1]) if rows else 0

    async def try_writing(self) -> None:
        """Write a comment, which stores nothing. Raises `WriteFailedError` where one may not.

        Only where the database is there: InfluxDB 3 would make it.
        """
        try:
            await self._writer.write(COMMENT)
        except WriteFailedError as error:
            if error.status != HTTPStatus.BAD_REQUEST:  # 3 asks for at least one line
                raise

    @property
    def version(self) -> str:
        """Major and minor, as it says itself."""
        return ".".join(map(str, self._link.version))

    async def close(self) -> None:
        """End all connections."""
        await self._writer.close()
        await self._link.close()


async def create_database(link: Link) -> None:
    """Harmless where it is there; where one may not, the write says whether it is missing.

    Raises `WriteFailedError` where nobody answered: then it may be missing for ever.
    """
    name = name_of(link.target.bucket)
    try:
        await link.ask(f"CREATE DATABASE {name}", changes=True, database=False)
    except NoAnswerError as error:
        raise WriteFailedError(str(error), retry=True) from error
    except ReadFailedError:
        return


def _point(time_s: int, fill: int | None, level: int | None, quality: str) -> Point:
    return Point(time_s, fill, level, Quality(quality))
