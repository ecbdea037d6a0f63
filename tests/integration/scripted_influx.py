"""An InfluxDB that answers as a generation of it does, and first of all as a script says."""

import asyncio
from base64 import b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Final

from aiohttp import web
from aiohttp.test_utils import TestServer

from jemput.store.influx import InfluxTarget

TOKENS: Final = {"1": "user:password", "v": "secret", "3": "secret"}
"""By the first letter of the version."""
CONFLICT: Final = "partial write: field type conflict dropped=1"


@dataclass
class Scripted:
    """Says `answers` in order, then takes everything but lines with `bad` in them."""

    version: str
    answers: list[tuple[int, dict[str, str]]] = field(default_factory=list)
    most_bytes: int = 10**7
    bad: bytes | None = None
    bad_status: int = 400
    flush_s: float = 0
    """How long it waits before it answers a write, as InfluxDB 3 does."""
    bodies: list[bytes] = field(default_factory=list)
    """As they were sent; unpacked."""
    packed: list[bool] = field(default_factory=list)
    stored: set[bytes] = field(default_factory=set)
    most_at_once: int = 0
    hangs_up_on_queries: int = 0
    """So many queries end without an answer."""
    _at_once: int = 0

    async def ping(self, request: web.Request) -> web.Response:
        """Say the version; 3 does so only to whom it knows."""
        if self.version.startswith("3") and not self._knows(request):
            return web.Response(status=401)
        return web.Response(status=204, headers={"X-Influxdb-Version": self.version})

    async def query(self, request: web.Request) -> web.Response:
        """Take `CREATE DATABASE`."""
        assert self._knows(request)
        if self.hangs_up_on_queries:
            self.hangs_up_on_queries -= 1
            assert request.transport is not None
            request.transport.abort()
        return web.json_response({"results": [{}]})

    async def write(self, request: web.Request) -> web.Response:
        """Either way to write."""
        assert request.query["precision"] == "ns"
        assert request.query["db" if request.path == "/write" else "bucket"] == "jemput"
        assert self._knows(request)
        body = await request.read()
        self.bodies.append(body)
        self.packed.append(request.headers.get("Content-Encoding") == "gzip")
        self._at_once += 1
        self.most_at_once = max(self.most_at_once, self._at_once)
        await asyncio.sleep(self.flush_s)
        self._at_once -= 1
        return self._answer(body)

    def _answer(self, body: bytes) -> web.Response:
        if self.answers:
            status, headers = self.answers.pop(0)
            return web.json_response({"message": "scripted"}, status=status, headers=headers)
        if not body:
            return web.Response(status=400 if self.version.startswith("3") else 204)
        if len(body) > self.most_bytes:
            return web.Response(status=413, text="too large")
        lines = body.split(b"\n")
        if self.bad and any(self.bad in one for one in lines):
            return self._refuse(lines, self.bad)
        self.stored.update(lines)
        return web.Response(status=204)

    def _refuse(self, lines: list[bytes], bad: bytes) -> web.Response:
        """1.x stores the good lines, 2.x with 422 too and with 400 not, 3 never."""
        if self.version.startswith("1") or self.bad_status == 422:
            self.stored.update(one for one in lines if bad not in one)
        words = "error" if self.version.startswith("1") else "message"
        return web.json_response({words: CONFLICT}, status=self.bad_status)

    def _knows(self, request: web.Request) -> bool:
        token = TOKENS[self.version[0]]
        known = {f"Token {token}", f"Basic {b64encode(token.encode()).decode()}"}
        return request.headers.get("Authorization") in known


@asynccontextmanager
async def served(scripted: Scripted, host: str = "127.0.0.1") -> AsyncIterator[InfluxTarget]:
    """The server on a free port; the way that its generation does not have is not there."""
    app = web.Application()
    app.router.add_get("/ping", scripted.ping)
    app.router.add_post("/query", scripted.query)
    ways = {"1.6.7": ("/write",), "1.8.10": ("/write", "/api/v2/write")}
    for way in ways.get(scripted.version, ("/api/v2/write",)):
        app.router.add_post(way, scripted.write)
    async with TestServer(app, host=host) as server:
        yield InfluxTarget(str(server.make_url("/")), TOKENS[scripted.version[0]], "org", "jemput")
