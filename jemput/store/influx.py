"""InfluxDB 1.x, 2 and 3: lines in, points out. Which dialect is spoken is decided once."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final, Protocol, Self

from aiohttp import BasicAuth, ClientError, ClientResponse, ClientSession, ClientTimeout
from influxdb_client.client.exceptions import InfluxDBError
from influxdb_client.client.influxdb_client_async import InfluxDBClientAsync

from jemput.ids import check_id
from jemput.points import FIELD_QUALITY, MEASUREMENT, TAG_BIN
from jemput.reading import Quality
from jemput.store.history import SECOND_NS, Point

TIMEOUT_S: Final = 10.0
VERSION_HEADER: Final = "X-Influxdb-Version"
_FIRST_WITH_V2_WRITE: Final = (1, 8)
_FIRST_WITH_BUCKETS: Final = (2, 0)
_NEVER_AS_THEY_ARE: Final = frozenset(
    {
        HTTPStatus.BAD_REQUEST,
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        HTTPStatus.UNPROCESSABLE_ENTITY,
    }
)
"""Answers to these bytes; any other failure is about the server, the way to it, or its settings."""


@dataclass(frozen=True)
class InfluxTarget:
    """Where to write. For a server before 1.8 `bucket` is a database, `token` `user:password`."""

    url: str
    token: str
    org: str
    bucket: str


class WriteFailedError(RuntimeError):
    """A write that was not taken, or not wholly.

    `retry`: the same bytes may be taken later. `status` is None where nobody answered.
    """

    def __init__(
        self,
        detail: str,
        *,
        retry: bool,
        status: int | None = None,
        retry_after_s: float | None = None,
    ) -> None:
        """Take the server's words, and what they mean for another try."""
        super().__init__(detail if status is None else f"{status}: {detail}")
        self.retry = retry
        self.retry_after_s = retry_after_s
        self.detail = detail
        self.status = status


class ReadFailedError(OSError):
    """A query that was not answered; the message holds the server's words."""


class _Writer(Protocol):
    """One dialect's way to write. Raises `WriteFailedError`."""

    async def write(self, lines: bytes) -> None: ...

    async def close(self) -> None: ...


class Influx:
    """A database or bucket of one server. Make it with `open`, end it with `close`."""

    def __init__(self, session: ClientSession, target: InfluxTarget, writer: _Writer) -> None:
        """Take an open session and the writer of the server's dialect."""
        self._session = session
        self._target = target
        self._writer = writer

    @classmethod
    async def open(cls, target: InfluxTarget) -> Self:
        """Ask for the version and choose the dialect; on 1.x make the database where missing.

        Raises `WriteFailedError` where the server is not there, or is no InfluxDB.
        """
        session = ClientSession(timeout=ClientTimeout(total=TIMEOUT_S))
        try:
            version = await _version(session, target)
            session.headers.update(_authorization(target, version))
            if version < _FIRST_WITH_BUCKETS:
                await _create_database(session, target)
        except (ClientError, OSError) as error:
            await session.close()
            raise WriteFailedError(_unreachable(target, error), retry=True) from error
        except BaseException:
            await session.close()
            raise
        if version < _FIRST_WITH_V2_WRITE:
            return cls(session, target, _DatabaseWriter(session, target))
        return cls(session, target, _BucketWriter(target))

    async def write(self, lines: bytes) -> None:
        """Write line protocol with times in nanoseconds. Raises `WriteFailedError`."""
        if not lines:
            return  # InfluxDB 3 answers 400 to an empty body, 2 does not
        try:
            await self._writer.write(lines)
        except (ClientError, OSError) as error:
            raise WriteFailedError(_unreachable(self._target, error), retry=True) from error

    async def read(
        self, bin_id: str, from_s: int, to_s: int, every_s: int | None = None, most: int = 5000
    ) -> list[Point]:
        """As `EmbeddedHistory.read`. Raises `ReadFailedError`."""
        checked = check_id("bin", bin_id)
        during = (
            f"FROM {MEASUREMENT} WHERE {TAG_BIN} = '{checked}'"
            f" AND time >= {from_s * SECOND_NS} AND time < {to_s * SECOND_NS}"
        )
        if every_s is None:
            rows = await self._query(
                f"SELECT fill_percent, level_percent, {FIELD_QUALITY} {during} LIMIT {most}"
            )
            return [
                Point(time_s, fill, level, Quality(quality))
                for time_s, fill, level, quality in rows
            ]
        # Counting what every point has keeps a time in which only faults were reported.
        rows = await self._query(
            f"SELECT mean(fill_percent), mean(level_percent), count({FIELD_QUALITY}) {during}"
            f" GROUP BY time({every_s}s) fill(none) LIMIT {most}"
        )
        return [Point(time_s, fill, level) for time_s, fill, level, _ in rows]

    async def count(self) -> int:
        """How many readings there are. Raises `ReadFailedError`."""
        rows = await self._query("SELECT count(quality) FROM reading")
        return int(rows[0][1]) if rows else 0

    async def close(self) -> None:
        """End all connections."""
        await self._writer.close()
        await self._session.close()

    async def _query(self, influxql: str) -> list[list[Any]]:
        parameters = {"db": self._target.bucket, "q": influxql, "epoch": "s"}
        try:
            async with self._session.get(f"{_base(self._target)}/query", params=parameters) as said:
                body = await _json(said)
        except (ClientError, OSError) as error:
            raise ReadFailedError(_unreachable(self._target, error)) from error
        result = body.get("results", [{}])[0]
        problem = body.get("error") or result.get("error") or body.get("message")
        if problem or said.status != HTTPStatus.OK:
            raise ReadFailedError(f"InfluxDB answered {said.status}: {problem or said.reason}")
        series: list[dict[str, Any]] = result.get("series", [])
        return [row for one in series for row in one["values"]]


class _DatabaseWriter:
    """POST /write, the way before 1.8."""

    def __init__(self, session: ClientSession, target: InfluxTarget) -> None:
        self._session = session
        self._url = f"{_base(target)}/write"
        self._parameters = {"db": target.bucket, "precision": "ns"}

    async def write(self, lines: bytes) -> None:
        async with self._session.post(
            self._url, params=self._parameters, data=lines, allow_redirects=False
        ) as said:
            if said.status != HTTPStatus.NO_CONTENT:
                raise _refused(said.status, await said.text(), said.headers)

    async def close(self) -> None:
        """The session is not its own."""


class _BucketWriter:
    """POST /api/v2/write by InfluxDB's own client: 1.8, 2 and 3."""

    def __init__(self, target: InfluxTarget) -> None:
        self._bucket = target.bucket
        self._client = InfluxDBClientAsync(
            target.url, token=target.token, org=target.org, timeout=int(TIMEOUT_S * 1000)
        )
        self._api = self._client.write_api()

    async def write(self, lines: bytes) -> None:
        try:
            taken = await self._api.write(
                bucket=self._bucket,
                record=lines,
                write_precision="ns",  # type: ignore[arg-type]  # their enum is plain strings
            )
        except InfluxDBError as error:
            status = getattr(error, "status", 0)
            headers = getattr(error, "headers", None)
            raise _refused(status, _words(error.message), headers or {}) from error
        if not taken:
            # It says so of any success that does not mean "stored", such as a proxy's page.
            detail = "a server answered without having stored: is JEMPUT_INFLUX_URL an InfluxDB?"
            raise WriteFailedError(detail, retry=True)

    async def close(self) -> None:
        await self._client.close()  # type: ignore[no-untyped-call]


def parse_version(text: str) -> tuple[int, int] | None:
    """Major and minor of `1.6.7~rc0`, `v2.9.1`, `3.10.1`; None where it is no version."""
    found = re.match(r"v?(\d+)\.(\d+)", text)
    return (int(found[1]), int(found[2])) if found else None


async def _version(session: ClientSession, target: InfluxTarget) -> tuple[int, int]:
    async with session.get(f"{_base(target)}/ping") as said:
        version = parse_version(said.headers.get(VERSION_HEADER, ""))
        if version is None:
            detail = (
                f"{target.url} does not say which InfluxDB it is (no {VERSION_HEADER} on /ping): "
                "check the address"
            )
            raise WriteFailedError(detail, retry=True, status=said.status)
        return version


async def _create_database(session: ClientSession, target: InfluxTarget) -> None:
    """Harmless where it is there; where one may not, the write says whether it is missing."""
    name = target.bucket.replace("\\", "\\\\").replace('"', '\\"')
    ask = {"q": f'CREATE DATABASE "{name}"'}
    async with session.post(f"{_base(target)}/query", data=ask) as said:
        await said.read()


def _authorization(target: InfluxTarget, version: tuple[int, int]) -> dict[str, str]:
    if not target.token:
        return {}
    user, colon, password = target.token.partition(":")
    if version < _FIRST_WITH_BUCKETS and colon:
        return {"Authorization": BasicAuth(user, password).encode()}
    return {"Authorization": f"Token {target.token}"}


def _refused(status: int, detail: str, headers: Mapping[str, str]) -> WriteFailedError:
    return WriteFailedError(
        detail.strip(),
        retry=status not in _NEVER_AS_THEY_ARE,
        status=status,
        retry_after_s=_seconds(headers.get("Retry-After")),
    )


def _words(message: str | bytes) -> str:
    """The client hands a body on as bytes where it is not JSON."""
    return message.decode(errors="replace") if isinstance(message, bytes) else message


def _seconds(text: str | None) -> float | None:
    return float(text) if text and text.isdecimal() else None


def _unreachable(target: InfluxTarget, error: BaseException) -> str:
    return f"no answer from {target.url}: {str(error) or type(error).__name__}"


def _base(target: InfluxTarget) -> str:
    return target.url.rstrip("/")


async def _json(said: ClientResponse) -> dict[str, Any]:
    try:
        body = await said.json(content_type=None)
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}
