"""Writing line protocol, in the dialect of the server's version."""

import gzip
import time
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Final, Protocol

from aiohttp import ClientError
from influxdb_client.client.exceptions import InfluxDBError
from influxdb_client.client.influxdb_client_async import InfluxDBClientAsync

from jemput.store.influx_link import (
    SETUP_HINT,
    TIMEOUT_S,
    InfluxTarget,
    Link,
    WriteFailedError,
    unreachable,
)

_FIRST_WITH_V2_WRITE: Final = (1, 8)
_ABOUT_THESE_BYTES: Final = frozenset(
    {
        HTTPStatus.BAD_REQUEST,
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        HTTPStatus.UNPROCESSABLE_ENTITY,
    }
)
"""Any other failure is about the server, the way to it, or its settings."""
_ADVICE: Final = {
    HTTPStatus.NOT_FOUND: SETUP_HINT,
    HTTPStatus.UNAUTHORIZED: "check JEMPUT_INFLUX_TOKEN",
    HTTPStatus.FORBIDDEN: "the token of JEMPUT_INFLUX_TOKEN may not write there",
}


class Writer(Protocol):
    """One dialect's way to write."""

    async def write(self, lines: bytes) -> None:
        """Write line protocol with times in nanoseconds. Raises `WriteFailedError`."""

    async def close(self) -> None:
        """End connections of its own."""


def writer_for(link: Link) -> Writer:
    """The writer of the server's dialect."""
    if link.version < _FIRST_WITH_V2_WRITE:
        return _DatabaseWriter(link)
    return _BucketWriter(link.target)


class _DatabaseWriter:
    """POST /write, the way before 1.8."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self._url = link.target.at("/write")
        self._parameters = {"db": link.target.bucket, "precision": "ns"}
        self._headers = {} if link.target.is_near() else {"Content-Encoding": "gzip"}

    async def write(self, lines: bytes) -> None:
        target = self._link.target
        try:
            async with self._link.session.post(
                self._url,
                params=self._parameters,
                data=packed(target, lines),
                headers=self._headers,
                allow_redirects=False,
            ) as said:
                if said.status != HTTPStatus.NO_CONTENT:
                    raise _refused(said.status, await said.text(), said.headers)
        except (ClientError, OSError) as error:
            raise WriteFailedError(unreachable(target, error), retry=True) from error

    async def close(self) -> None:
        """The session is not its own."""


class _BucketWriter:
    """POST /api/v2/write by InfluxDB's own client: 1.8, 2 and 3."""

    def __init__(self, target: InfluxTarget) -> None:
        self._target = target
        self._client = InfluxDBClientAsync(
            target.url, token=target.token, org=target.org, timeout=int(TIMEOUT_S * 1000)
        )
        if not target.is_near():
            # Its own gzip puts the time into each body, so a retry would be other bytes.
            self._client.api_client.default_headers["Content-Encoding"] = "gzip"
        self._api = self._client.write_api()

    async def write(self, lines: bytes) -> None:
        try:
            taken = await self._api.write(
                bucket=self._target.bucket,
                record=packed(self._target, lines),
                write_precision="ns",  # type: ignore[arg-type]  # their enum is plain strings
            )
        except InfluxDBError as error:
            status = getattr(error, "status", 0)
            headers = getattr(error, "headers", None)
            raise _refused(status, _words(error.message), headers or {}) from error
        except (ClientError, OSError) as error:
            raise WriteFailedError(unreachable(self._target, error), retry=True) from error
        if not taken:
            # It says so of any success that does not mean "stored", such as a proxy's page.
            detail = "a server answered without having stored: is JEMPUT_INFLUX_URL an InfluxDB?"
            raise WriteFailedError(detail, retry=True)

    async def close(self) -> None:
        await self._client.close()  # type: ignore[no-untyped-call]


def packed(target: InfluxTarget, lines: bytes) -> bytes:
    """As sent: the same lines are always the same bytes, so no time of packing in them."""
    return lines if target.is_near() else gzip.compress(lines, compresslevel=6, mtime=0)


def _refused(status: int, detail: str, headers: Mapping[str, str]) -> WriteFailedError:
    words = detail.strip()
    advice = next((text for code, text in _ADVICE.items() if code == status), None)
    return WriteFailedError(
        f"{words} ({advice})" if advice else words,
        retry=status not in _ABOUT_THESE_BYTES,
        status=status,
        retry_after_s=_seconds(headers.get("Retry-After")),
    )


def _words(message: str | bytes) -> str:
    """The client hands a body on as bytes where it is not JSON."""
    return message.decode(errors="replace") if isinstance(message, bytes) else message


def _seconds(text: str | None) -> float | None:
    """`Retry-After`: seconds, or a date."""
    if not text:
        return None
    if text.isdecimal():
        return float(text)
    try:
        return max(0.0, parsedate_to_datetime(text).timestamp() - time.time())
    except ValueError:
        return None
