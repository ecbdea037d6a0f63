"""A Grafana that answers as its HTTP API is documented. No Grafana server can be had here.

Folders, dashboards and data sources are kept in memory; what the documentation does not say
about them, this does not know either.
"""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final

from aiohttp import web
from aiohttp.test_utils import TestServer

TOKEN: Final = "glsa_of-a-service-account"  # noqa: S105 - of the script
Json = dict[str, Any]


@dataclass
class ScriptedGrafana:
    """What is in it, and how it was asked."""

    version: str = "13.2.3"
    may_write: bool = True
    folders: dict[str, Json] = field(default_factory=dict)
    boards: dict[str, Json] = field(default_factory=dict)
    metas: dict[str, Json] = field(default_factory=dict)
    sources: dict[str, Json] = field(default_factory=dict)
    ill: dict[str, str] = field(default_factory=dict)
    """Data sources whose server does not answer, and Grafana's words for that."""
    saved_meanwhile: Json | None = None
    """What somebody saves right after it was looked at."""
    changes: list[str] = field(default_factory=list)
    messages: list[str] = field(default_factory=list)
    url: str = ""

    async def health(self, _: web.Request) -> web.Response:
        """Answer anybody."""
        return web.json_response({"database": "ok", "version": self.version, "commit": "abc"})

    async def folder(self, request: web.Request) -> web.Response:
        """Get folder by uid."""
        return found(self.folders, request, "folder not found")

    async def make_folder(self, request: web.Request) -> web.Response:
        """Create folder."""
        said = await request.json()
        if said["uid"] in self.folders:
            return web.json_response({"message": "folder already exists"}, status=409)
        self.folders[said["uid"]] = {"id": len(self.folders) + 1, **said, "version": 1}
        self.changes.append(f"folder {said['uid']}")
        return web.json_response(self.folders[said["uid"]])

    async def board(self, request: web.Request) -> web.Response:
        """Get dashboard by uid."""
        uid = request.match_info["uid"]
        if uid not in self.boards:
            return web.json_response({"message": "Dashboard not found"}, status=404)
        answer = web.json_response({"dashboard": self.boards[uid], "meta": self.metas[uid]})
        if self.saved_meanwhile and self.saved_meanwhile["uid"] == uid:
            self.add_board(self.saved_meanwhile, self.metas[uid]["folderUid"])
        return answer

    async def put_board(self, request: web.Request) -> web.Response:
        """Create or update dashboard."""
        said = await request.json()
        board, folder = said["dashboard"], said["folderUid"]
        there = self.boards.get(board["uid"])
        if folder not in self.folders:
            return web.json_response({"message": "folder not found"}, status=400)
        if there and not said["overwrite"] and board.get("version") != there["version"]:
            return conflict("The dashboard has been changed by someone else", "version-mismatch")
        if any(
            one["title"] == board["title"] and self.metas[uid]["folderUid"] == folder
            for uid, one in self.boards.items()
            if uid != board["uid"]
        ):
            return conflict("A dashboard with the same name in the folder exists", "name-exists")
        self.add_board(board, folder)
        self.changes.append(f"board {board['uid']}")
        self.messages.append(said["message"])
        return web.json_response({"uid": board["uid"], "status": "success"})

    def add_board(self, board: Json, folder: str, **meta: object) -> None:
        """As Grafana keeps it: with an id and the next version."""
        there = self.boards.get(board["uid"])
        own = {
            "id": there["id"] if there else len(self.boards) + 1,
            "version": there["version"] + 1 if there else 1,
        }
        self.boards[board["uid"]] = {**board, **own, "weekStart": ""}
        self.metas[board["uid"]] = {"folderUid": folder, "provisioned": False, **meta}

    async def source(self, request: web.Request) -> web.Response:
        """Get a data source by uid; what is secret is never told."""
        return found(self.sources, request, "Data source not found")

    async def put_source(self, request: web.Request) -> web.Response:
        """Create a data source, or update one by uid."""
        said = await request.json()
        uid = request.match_info.get("uid", said["uid"])
        if (request.method == "POST") == (uid in self.sources):
            return web.json_response({"message": "not so"}, status=409)
        secrets = said.pop("secureJsonData", {})
        before = self.sources.get(uid, {}).get("secureJsonFields", {})
        told = {"secureJsonFields": before | dict.fromkeys(secrets, True), "readOnly": False}
        self.sources[uid] = {"id": 1, "orgId": 1, "basicAuth": False, **said, **told}
        self.changes.append(f"source {uid} {sorted(secrets.values())}")
        return web.json_response({"message": "Datasource added", "datasource": self.sources[uid]})

    async def source_health(self, request: web.Request) -> web.Response:
        """Check data source health by uid."""
        words = self.ill.get(request.match_info["uid"])
        if words:
            return web.json_response({"message": words, "status": "ERROR"}, status=400)
        return web.json_response({"message": "datasource is working", "status": "OK"})

    def app(self) -> web.Application:
        """Its routes, behind its token."""
        app = web.Application(middlewares=[self._known])
        get, post, put = app.router.add_get, app.router.add_post, app.router.add_put
        get("/api/health", self.health)
        get("/api/folders/{uid}", self.folder)
        post("/api/folders", self.make_folder)
        get("/api/dashboards/uid/{uid}", self.board)
        post("/api/dashboards/db", self.put_board)
        get("/api/datasources/uid/{uid}", self.source)
        post("/api/datasources", self.put_source)
        put("/api/datasources/uid/{uid}", self.put_source)
        get("/api/datasources/uid/{uid}/health", self.source_health)
        return app

    @web.middleware
    async def _known(self, request: web.Request, handler: Any) -> Any:  # noqa: ANN401 - as aiohttp's
        if request.path != "/api/health":
            if request.headers.get("Authorization") != f"Bearer {TOKEN}":
                return web.json_response({"message": "Unauthorized"}, status=401)
            if request.method != "GET" and not self.may_write:
                return web.json_response({"message": "Access denied"}, status=403)
        return await handler(request)


def found(things: dict[str, Json], request: web.Request, otherwise: str) -> web.Response:
    """The thing of that uid, or 404."""
    thing = things.get(request.match_info["uid"])
    if thing is None:
        return web.json_response({"message": otherwise}, status=404)
    return web.json_response(thing)


def conflict(message: str, status: str) -> web.Response:
    """Precondition failed."""
    return web.json_response({"message": message, "status": status}, status=412)


@contextmanager
def running(script: ScriptedGrafana) -> Iterator[ScriptedGrafana]:
    """Serve it in a thread of its own, so that a command may have its own loop."""
    loop = asyncio.new_event_loop()
    server = TestServer(script.app(), host="127.0.0.1")
    loop.run_until_complete(server.start_server())
    script.url = str(server.make_url("")).rstrip("/")
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        yield script
    finally:
        asyncio.run_coroutine_threadsafe(server.close(), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()
