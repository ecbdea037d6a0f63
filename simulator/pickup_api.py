"""The API as a collector's app uses it: accept, collect, fail, each as that collector."""

import asyncio
import base64
import logging
from enum import StrEnum
from http import HTTPStatus

import aiohttp

_TRIES = 6
_FIRST_RETRY_S = 0.2
_TIMEOUT_S = 10
_log = logging.getLogger(__name__)


class Answer(StrEnum):
    """What became of an act."""

    DONE = "done"
    REFUSED = "refused"
    NO_ANSWER = "no_answer"


class PickupApi:
    """Acts of one collector. A server that is down is asked again for some seconds."""

    def __init__(
        self, session: aiohttp.ClientSession, url: str, collector: str, password: str
    ) -> None:
        self._session = session
        self._url = url.rstrip("/")
        token = base64.b64encode(f"{collector}:{password}".encode()).decode()
        self._headers = {"Authorization": f"Basic {token}"}

    async def accept(self, pickup: str) -> Answer:
        """Say: I am going."""
        return await self._post(pickup, "accept", None)

    async def collect(self, pickup: str) -> Answer:
        """Say: it is empty."""
        return await self._post(pickup, "collect", None)

    async def fail(self, pickup: str, reason: str) -> Answer:
        """Say: I could not."""
        return await self._post(pickup, "fail", {"reason": reason})

    async def _post(self, pickup: str, act: str, body: dict[str, str] | None) -> Answer:
        url = f"{self._url}/v1/pickups/{pickup}/{act}"
        for turn in range(_TRIES):
            status = await self._status(url, body)
            if status is not None and status < HTTPStatus.INTERNAL_SERVER_ERROR:
                return self._answer(url, status)
            await asyncio.sleep(_FIRST_RETRY_S * 2**turn)
        _log.warning("%s did not answer: is the API running?", url)
        return Answer.NO_ANSWER

    async def _status(self, url: str, body: dict[str, str] | None) -> int | None:
        timeout = aiohttp.ClientTimeout(total=_TIMEOUT_S)
        try:
            async with self._session.post(
                url, json=body, headers=self._headers, timeout=timeout
            ) as response:
                await response.read()
                return response.status
        except (aiohttp.ClientError, TimeoutError):
            return None

    def _answer(self, url: str, status: int) -> Answer:
        if status < HTTPStatus.BAD_REQUEST:
            return Answer.DONE
        if status != HTTPStatus.CONFLICT:
            _log.warning("%s answered %d: compare the collector's id and password", url, status)
        return Answer.REFUSED
