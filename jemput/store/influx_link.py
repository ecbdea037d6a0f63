"""A way to one InfluxDB server: where it is, which version it says it is, and InfluxQL to it."""

import ipaddress
import re
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final, Self
from urllib.parse import urlsplit

from aiohttp import (
    ClientError,
    ClientResponse,
    ClientSession,
    ClientTimeout,
    encode_basic_auth,
)

from jemput.mendable import MendableError

TIMEOUT_S: Final = 10.0
VERSION_HEADER: Final = "X-Influxdb-Version"
FIRST_WITH_BUCKETS: Final = (2, 0)
SETUP_HINT: Final = "`jemput influx setup` makes what is missing"


@dataclass(frozen=True)
class InfluxTarget:
    """Where to write. For a server before 1.8 `bucket` is a database, `token` `user:password`."""

    url: str
    token: str
    org: str
    bucket: str

    def at(self, path: str) -> str:
        """The address of a path of its API."""
        return f"{self.url.rstrip('/')}{path}"

    def is_near(self) -> bool:
        """Whether it is on this machine, by its address."""
        host = urlsplit(self.url).hostname or ""
        try:
            return ipaddress.ip_address(host).is_loopback
        except ValueError:
            return host == "localhost"


class WriteFailedError(MendableError):
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
    """A query that was not answered; the message holds the server's words.

    `status` is None where nobody answered.
    """

    def __init__(self, detail: str, status: int | None = None) -> None:
        """Take what to say, and the HTTP status that came with it."""
        super().__init__(detail)
        self.status = status


class NoAnswerError(ReadFailedError):
    """Nobody answered, so nobody knows whether it was done."""


class Link:
    """An open session with a server of a known version. Make it with `open`."""

    def __init__(
        self, session: ClientSession, target: InfluxTarget, version: tuple[int, int]
    ) -> None:
        """Take an open session, whose headers say who we are."""
        self.session = session
        self.target = target
        self.version = version

    @classmethod
    async def open(cls, target: InfluxTarget, timeout_s: float = TIMEOUT_S) -> Self:
        """Ask for the version. Raises `WriteFailedError` where it is not there, or no InfluxDB."""
        # Some ask for the token already on /ping, and none minds it there.
        session = ClientSession(
            timeout=ClientTimeout(total=timeout_s), headers=_authorization(target, (1, 0))
        )
        try:
            version = await _version(session, target)
        except (ClientError, OSError) as error:
            await session.close()
            raise WriteFailedError(unreachable(target, error), retry=True) from error
        except BaseException:
            await session.close()
            raise
        session.headers.update(_authorization(target, version))
        return cls(session, target, version)

    async def ask(
        self, influxql: str, *, changes: bool = False, database: bool = True
    ) -> list[list[Any]]:
        """Rows of all series, times in seconds. Raises `ReadFailedError` with the server's words.

        A statement that `changes` something goes by POST.
        """
        parameters = {"q": influxql, "epoch": "s"}
        if database:
            parameters["db"] = self.target.bucket
        method = "POST" if changes else "GET"
        try:
            async with self.session.request(
                method, self.target.at("/query"), params=parameters
            ) as said:
                body = await _json(said)
        except (ClientError, OSError) as error:
            raise NoAnswerError(unreachable(self.target, error)) from error
        result = body.get("results", [{}])[0]
        problem = body.get("error") or result.get("error") or body.get("message")
        if problem or said.status != HTTPStatus.OK:
            message = f"InfluxDB answered {said.status}: {problem or said.reason}"
            raise ReadFailedError(message, said.status)
        series: list[dict[str, Any]] = result.get("series", [])
        return [row for one in series for row in one.get("values", [])]

    async def call(
        self,
        method: str,
        path: str,
        body: dict[str, Any] | None = None,
        **query: str,
    ) -> tuple[int, dict[str, Any]]:
        """Status and JSON of its HTTP API. Raises `ReadFailedError` where nobody answers.

        What is empty in `query` is not asked for.
        """
        asked = {name: value for name, value in query.items() if value}
        try:
            async with self.session.request(
                method, self.target.at(path), params=asked, json=body
            ) as said:
                return said.status, await _json(said)
        except (ClientError, OSError) as error:
            raise ReadFailedError(unreachable(self.target, error)) from error

    async def close(self) -> None:
        """End all connections."""
        await self.session.close()


def parse_version(text: str) -> tuple[int, int] | None:
    """Major and minor of `1.6.7~rc0`, `v2.9.1`, `3.10.1`; None where it is no version."""
    found = re.match(r"v?(\d+)\.(\d+)", text)
    return (int(found[1]), int(found[2])) if found else None


def unreachable(target: InfluxTarget, error: BaseException) -> str:
    """What to say where nobody answered."""
    return f"no answer from {target.url}: {str(error) or type(error).__name__}"


async def _version(session: ClientSession, target: InfluxTarget) -> tuple[int, int]:
    async with session.get(target.at("/ping")) as said:
        version = parse_version(said.headers.get(VERSION_HEADER, ""))
        if version is None:
            detail = (
                f"{target.url} does not say which InfluxDB it is (no {VERSION_HEADER} on /ping): "
                "check the address and the token"
            )
            raise WriteFailedError(detail, retry=True, status=said.status)
        return version


def _authorization(target: InfluxTarget, version: tuple[int, int]) -> dict[str, str]:
    if not target.token:
        return {}
    user, colon, password = target.token.partition(":")
    if version < FIRST_WITH_BUCKETS and colon:
        return {"Authorization": encode_basic_auth(user, password)}
    return {"Authorization": f"Token {target.token}"}


async def _json(said: ClientResponse) -> dict[str, Any]:
    try:
        body = await said.json(content_type=None)
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}
