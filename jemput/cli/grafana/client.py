"""Grafana's HTTP API, as far as we use it: `/api`, which 10 to 13 answer alike."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import Any, Final, NamedTuple, Self

from aiohttp import ClientError, ClientSession, ClientTimeout

from jemput.mendable import MendableError
from jemput.settings import Settings

PATIENCE: Final = ClientTimeout(total=30)
Json = dict[str, Any]


class GrafanaError(MendableError):
    """Grafana does not take it; the message says what to do."""


def token_of(settings: Settings) -> str:
    """Grafana's token, or nothing."""
    return settings.grafana_token.get_secret_value() if settings.grafana_token else ""


class Live(NamedTuple):
    """A board that is there: what it is, and what Grafana says about it."""

    board: Json
    meta: Json


class Grafana:
    """One Grafana, by a service account's token."""

    def __init__(self, session: ClientSession, url: str) -> None:
        """Take an open session, which has the token, and where Grafana is."""
        self._session = session
        self._url = url.rstrip("/")

    @classmethod
    @asynccontextmanager
    async def open(cls, url: str, token: str) -> AsyncIterator[Self]:
        """Ready to ask; asks nothing yet. Raises `GrafanaError` for half an address."""
        if not url.startswith(("http://", "https://")):
            raise GrafanaError(f"{url} is no whole address: write http:// or https:// before it")
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        async with ClientSession(headers=headers, timeout=PATIENCE) as session:
            yield cls(session, url)

    async def version(self) -> str:
        """Which Grafana it is. Raises `GrafanaError` where there is none."""
        said = await self._ask("GET", "/api/health")
        if "version" not in said:
            raise GrafanaError(f"{self._url} does not say that it is Grafana: check the address")
        return str(said["version"])

    async def folder(self, uid: str) -> Json | None:
        """A folder, if it is there."""
        return await self._find(f"/api/folders/{uid}")

    async def make_folder(self, uid: str, title: str) -> None:
        """A new folder."""
        await self._ask("POST", "/api/folders", {"uid": uid, "title": title})

    async def board(self, uid: str) -> Live | None:
        """A board, if it is there."""
        found = await self._find(f"/api/dashboards/uid/{uid}")
        return Live(found["dashboard"], found["meta"]) if found else None

    async def put_board(self, board: Json, folder: str, message: str) -> None:
        """Make it, or put it in place of the version that was looked at."""
        said = {"dashboard": board, "folderUid": folder, "message": message, "overwrite": False}
        await self._ask("POST", "/api/dashboards/db", said)

    async def source(self, uid: str) -> Json | None:
        """A data source, if it is there."""
        return await self._find(f"/api/datasources/uid/{uid}")

    async def put_source(self, source: Json, *, is_new: bool) -> None:
        """Make it, or change it."""
        if is_new:
            await self._ask("POST", "/api/datasources", source)
        else:
            await self._ask("PUT", f"/api/datasources/uid/{source['uid']}", source)

    async def health(self, uid: str) -> tuple[bool, str]:
        """Whether a data source answers Grafana, and in which words."""
        status, said = await self._call("GET", f"/api/datasources/uid/{uid}/health", None)
        if status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
            raise self._refused(status, said)
        return said.get("status") == "OK", str(said.get("message") or f"status {status}")

    async def _find(self, path: str) -> Json | None:
        status, said = await self._call("GET", path, None)
        if status == HTTPStatus.NOT_FOUND:
            return None
        return self._checked(status, said)

    async def _ask(self, method: str, path: str, body: Json | None = None) -> Json:
        return self._checked(*await self._call(method, path, body))

    async def _call(self, method: str, path: str, body: Json | None) -> tuple[int, Json]:
        try:
            async with self._session.request(method, self._url + path, json=body) as answer:
                said = await answer.json(content_type=None)
                return answer.status, said if isinstance(said, dict) else {}
        except ValueError:
            raise GrafanaError(f"{self._url} is no Grafana: it answers without JSON") from None
        except (ClientError, OSError) as error:
            why = str(error) or type(error).__name__
            raise GrafanaError(f"no Grafana answers at {self._url}: {why}") from error

    def _checked(self, status: int, said: Json) -> Json:
        if status == HTTPStatus.OK:
            return said
        raise self._refused(status, said)

    def _refused(self, status: int, said: Json) -> GrafanaError:
        """What Grafana says, and what to do about it."""
        remedy = _REMEDIES.get(status, "")
        if status == HTTPStatus.PRECONDITION_FAILED:
            remedy = _CONFLICTS.get(str(said.get("status")), "")
        words = said.get("message") or HTTPStatus(status).phrase
        return GrafanaError(f"Grafana says {status} {words}" + (f": {remedy}" if remedy else ""))


_REMEDIES: Final[dict[int, str]] = {
    HTTPStatus.UNAUTHORIZED: "put the token of a service account into JEMPUT_GRAFANA_TOKEN",
    HTTPStatus.FORBIDDEN: (
        "give the service account the role Editor, or Admin where it makes data sources"
    ),
}
_CONFLICTS: Final = {
    "version-mismatch": "somebody saved it since it was looked at; run it again to see what",
    "name-exists": "another board has that title in that folder; rename it, or choose --folder",
}
