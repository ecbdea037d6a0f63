"""`/api/v2/write` in front of an InfluxDB, and a note of what was taken when.

Debian's InfluxDB 1.6.7 has no such address; every contender writes here, so that all speak the
same dialect, and what is queryable is known to the millisecond: from the server's 204 on.
"""

import argparse
import asyncio
import sys
import time
from pathlib import Path
from struct import Struct

from aiohttp import ClientSession, ClientTimeout, TCPConnector, web

MEASUREMENT = b"reading,"
PRECISIONS = {"ns": "n", "us": "u", "ms": "ms", "s": "s"}
FRAME = Struct("<dI")
"""Before each body in the record: Unix seconds of the answer, and how many bytes follow."""


class Adapter:
    """Passes writes on; says at `/taken` how many readings were taken and when the last one was."""

    def __init__(self, upstream: str, token: str, *, old: bool, record: Path | None) -> None:
        """Take where to pass them; `old` is a 1.x, `record` where to keep what was taken."""
        self._upstream = upstream
        self._token = token
        self._old = old
        self._record = record.open("ab") if record else None
        self._session: ClientSession | None = None
        self._readings = 0
        self._last_s = 0.0

    def app(self) -> web.Application:
        """The addresses that contenders ask."""
        app = web.Application(client_max_size=64 * 1024 * 1024)
        app.router.add_route("*", "/ping", self._ping)
        app.router.add_get("/health", self._health)
        app.router.add_post("/api/v2/write", self._write)
        app.router.add_get("/taken", self._taken)
        app.cleanup_ctx.append(self._linked)
        return app

    async def _linked(self, _: web.Application):  # type: ignore[no-untyped-def] # noqa: ANN202 - aiohttp's
        async with ClientSession(
            timeout=ClientTimeout(total=60), connector=TCPConnector(limit=0)
        ) as session:
            self._session = session
            yield

    async def _ping(self, _: web.Request) -> web.Response:
        return web.Response(status=204, headers={"X-Influxdb-Version": "v2.7.0"})

    async def _health(self, _: web.Request) -> web.Response:
        return web.json_response({"name": "influxdb", "status": "pass", "version": "v2.7.0"})

    async def _taken(self, _: web.Request) -> web.Response:
        if self._record:
            self._record.flush()
        return web.json_response({"readings": self._readings, "last_s": self._last_s})

    async def _write(self, asked: web.Request) -> web.Response:
        body = await asked.read()  # aiohttp unpacks it where it was packed
        bucket, precision = asked.query["bucket"], asked.query.get("precision", "ns")
        if self._old:
            path, query = "/write", {"db": bucket, "precision": PRECISIONS[precision]}
        else:
            path, query = "/api/v2/write", dict(asked.query)
        headers = {"Authorization": f"Token {self._token}"} if self._token else {}
        assert self._session is not None
        async with self._session.post(
            self._upstream + path, params=query, data=body, headers=headers
        ) as said:
            words = await said.read()
        if said.status == web.HTTPNoContent.status_code:
            self._note(body)
        return web.Response(status=said.status, body=words)

    def _note(self, body: bytes) -> None:
        self._readings += body.count(b"\n" + MEASUREMENT) + body.startswith(MEASUREMENT)
        self._last_s = time.time()
        if self._record:
            self._record.write(FRAME.pack(self._last_s, len(body)) + body)


def recorded(record: Path) -> list[tuple[float, bytes]]:
    """What an adapter kept: when each body was taken, and its lines."""
    data, at, found = record.read_bytes(), 0, []
    while at < len(data):
        taken_s, size = FRAME.unpack_from(data, at)
        at += FRAME.size
        found.append((taken_s, data[at : at + size]))
        at += size
    return found


async def _serve(told: argparse.Namespace) -> None:
    adapter = Adapter(told.upstream, told.token, old=told.old, record=told.record)
    runner = web.AppRunner(adapter.app(), access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", told.port).start()
    await asyncio.Event().wait()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--upstream", required=True)
    parser.add_argument("--token", default="")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--old", action="store_true")
    parser.add_argument("--record", type=Path)
    sys.exit(asyncio.run(_serve(parser.parse_args())))
