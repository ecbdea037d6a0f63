"""Writing line protocol, in the dialect of the server's version."""

import gzip
import time
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Final, Protocol

from aiohttp import ClientError

from jemput.store.influx_link import (
    SETUP_HINT,
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
    from jemput.store.influx_bucket import BucketWriter  # noqa: PLC0415 - 0.2 s and 20 MB

    return BucketWriter(link.target)


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
                    raise refused(said.status, await said.text(), said.headers)
        except (ClientError, OSError) as error:
            raise WriteFailedError(unreachable(target, error), retry=True) from error

    async def close(self) -> None:
        """The session is not its own."""


def packed(target: InfluxTarget, lines: bytes) -> bytes:
    """As sent: the same lines are always the same bytes, so no time of packing in them."""
    return lines if target.is_near() else gzip.compress(lines, compresslevel=6, mtime=0)


def refused(status: int, detail: str, headers: Mapping[str, str]) -> WriteFailedError:
    """What a server's refusal means: with advice, and whether to try again."""
    words = detail.strip()
    advice = next((text for code, text in _ADVICE.items() if code == status), None)
    return WriteFailedError(
        f"{words} ({advice})" if advice else words,
        retry=status not in _ABOUT_THESE_BYTES,
        status=status,
        retry_after_s=_seconds(headers.get("Retry-After")),
    )


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
