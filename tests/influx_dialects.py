"""InfluxDB 2.9.1 and 3.10.1 as they answered when they were asked, with 1.6.7 as what stores.

So the suites of real servers run on every dialect where no such server can be had. What is not
asked for by name here is handed on to the real one.
"""

import gzip
import http.client
import json
import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final
from urllib.parse import parse_qs, urlencode, urlsplit

from jemput.store.influx import InfluxTarget
from tests.servers import HOST

TOKEN: Final = "own-token"  # noqa: S105 - of a server of the test's own
READS: Final = "reading-token"
"""Of somebody who may ask, and write nothing."""
ORG: Final = "town"
ORG_ID: Final = "55c3254d1fda1857"
MOST_BYTES: Final = 10 * 2**20
FLUSH_S: Final = 0.25
"""InfluxDB 3 flushes each second, and answers then; its tests need not wait so long."""
LINE: Final = re.compile(
    rb'(?P<series>(?:[^ \\]|\\.)+) (?P<fields>(?:[^ "]|"(?:[^"\\]|\\.)*")+)(?: (?P<at>-?\d+))?'
)
FIELD: Final = re.compile(rb'([^=,]+)=("(?:[^"\\]|\\.)*"|[^,"]+)(?:,|$)')
TAG_VALUES: Final = re.compile(r'SHOW TAG VALUES FROM ("?\w+"?) WITH KEY = "(\w+)"(?: WHERE (.*))?')


class Front(ThreadingHTTPServer):
    """A server of another generation, in front of `stores` (host:port)."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, version: str, stores: str) -> None:
        super().__init__((HOST, 0), _Handler)
        self.version = version
        self.is_3 = version.startswith("3")
        self.stores = stores
        self.types: dict[tuple[str, bytes, bytes], bytes] = {}
        self.lock = threading.Lock()

    def upstream(
        self, method: str, path: str, query: dict[str, str], body: bytes = b""
    ) -> tuple[int, bytes]:
        """Status and body of the real one."""
        connection = http.client.HTTPConnection(self.stores, timeout=30)
        try:
            connection.request(method, f"{path}?{urlencode(query)}", body)
            said = connection.getresponse()
            return said.status, said.read()
        finally:
            connection.close()

    def ask(self, influxql: str, database: str = "") -> list[dict[str, Any]]:
        """Series of a statement."""
        query = {"q": influxql, "db": database, "epoch": "ns"}
        _, body = self.upstream("POST", "/query", query)
        found: list[dict[str, Any]] = json.loads(body)["results"][0].get("series", [])
        return found

    def databases(self) -> list[str]:
        """All that there are."""
        (series,) = self.ask("SHOW DATABASES")
        return [row[0] for row in series.get("values", [])]

    def make(self, name: str, retention_s: int) -> None:
        """A database that keeps points so long, 0 for ever."""
        self.ask(f'CREATE DATABASE "{name}"')
        self.keep(name, retention_s)

    def keep(self, name: str, retention_s: int) -> None:
        """Another retention."""
        shard_s = 3600 if retention_s else 7 * 86_400
        self.ask(
            f'ALTER RETENTION POLICY "autogen" ON "{name}"'
            f" DURATION {retention_s}s SHARD DURATION {shard_s}s"
        )

    def conflict(self, database: str, lines: list[bytes]) -> str | None:
        """Of 3: why a body would not be stored; what each field is, is for ever."""
        with self.lock:
            seen = dict(self.types)
            for line in lines:
                found = LINE.fullmatch(line)
                assert found is not None
                measurement = found["series"].split(b",")[0]
                for name, value in FIELD.findall(found["fields"]):
                    kind = (
                        value[:1]
                        if value[:1] == b'"'
                        else value[-1:]
                        if value.endswith(b"i")
                        else b"f"
                    )
                    if seen.setdefault((database, measurement, name), kind) != kind:
                        return f"invalid column type for column '{name.decode()}'"
            self.types = seen
        return None


class _Handler(BaseHTTPRequestHandler):
    server: Front
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - theirs
        """Say nothing."""

    def do_GET(self) -> None:
        """Any question."""
        url = urlsplit(self.path)
        query = {name: value[-1] for name, value in parse_qs(url.query).items()}
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.headers.get("Content-Encoding") == "gzip":
            body = gzip.decompress(body)
        said = self.headers.get("Authorization")
        is_known = said in {f"Token {TOKEN}", f"Token {READS}"}
        if said == f"Token {READS}" and url.path == "/api/v2/write":
            self._refuse(403, "insufficient permissions for write")
        elif is_known or (url.path == "/ping" and not self.server.is_3):
            self._answer(url.path, query, body)
        else:
            self._say(401, {"code": "unauthorized", "message": "unauthorized access"})

    do_POST = do_PATCH = do_DELETE = do_GET  # noqa: N815 - theirs

    def _answer(self, path: str, query: dict[str, str], body: bytes) -> None:
        if path == "/ping":
            self._say(*((200, {"version": self.server.version}) if self.server.is_3 else (204,)))
        elif path == "/query":
            self._query(query)
        elif path == "/api/v2/write":
            self._write(query, body)
        elif self.server.is_3:
            self._configure_3(path, query, body)
        else:
            self._configure_2(path, query, body)

    def _query(self, query: dict[str, str]) -> None:
        text = query["q"]
        if re.match(r"(CREATE|DROP|ALTER|DELETE)\b", text):
            return self._say(200, {"results": [{"statement_id": 0, "error": "not implemented"}]})
        found = TAG_VALUES.fullmatch(text)
        if self.server.is_3 and found and "time" not in (found[3] or ""):
            return self._say(200, {"results": [{"series": self._of_the_last_day(found, query)}]})
        status, body = self.server.upstream("GET", "/query", query)
        return self._say(status, json.loads(body))

    def _of_the_last_day(self, found: re.Match[str], query: dict[str, str]) -> list[dict[str, Any]]:
        source, key, where = found[1], found[2], found[3]
        text = f"SELECT * FROM {source} WHERE time > now() - 1d"  # noqa: S608 - InfluxQL
        text += f" AND {where}" if where else ""
        series = self.server.ask(f'{text} GROUP BY "{key}" LIMIT 1', query["db"])
        values = [["key", one["tags"][key]] for one in series]
        return [{"name": source.strip('"'), "columns": ["key", "value"], "values": values}]

    def _write(self, query: dict[str, str], body: bytes) -> None:
        refused = self._refused(query["bucket"], body)
        if refused is not None:
            return self._refuse(*refused)
        store = {"db": query["bucket"], "precision": query.get("precision", "ns")}
        status, said = self.server.upstream("POST", "/write", store, body)
        if status != HTTPStatus.NO_CONTENT:
            words = json.loads(said).get("error", "")
            return self._refuse(422, f"failure writing points to database: {words}")
        if self.server.is_3:
            time.sleep(FLUSH_S - time.monotonic() % FLUSH_S)
        return self._say(204)

    def _refused(self, bucket: str, body: bytes) -> tuple[int, str] | None:
        """What is refused whole, before anything of it is stored."""
        if len(body) > MOST_BYTES:
            return 413, f"max request size ({MOST_BYTES} bytes) exceeded"
        if bucket not in self.server.databases():
            if not self.server.is_3:
                return 404, f'bucket "{bucket}" not found'
            self.server.make(bucket, 0)
        lines = body.splitlines()
        for line in lines:
            if not _is_line(line) and not line.startswith(b"#"):
                return 400, f"unable to parse '{line.decode()}': missing field value"
        if self.server.is_3:
            told = [line for line in lines if not line.startswith(b"#")]
            why = self.server.conflict(bucket, told) if told else "no data to write"
            return (400, f"write buffer error: {why}") if why else None
        return None

    def _refuse(self, status: int, message: str) -> None:
        code = {404: "not found", 413: "request too large", 422: "unprocessable entity"}
        if self.server.is_3:
            return self._say(status, {"error": message})
        return self._say(status, {"code": code.get(status, "invalid"), "message": message})

    def _configure_2(self, path: str, query: dict[str, str], body: bytes) -> None:
        if path == "/api/v2/orgs":
            if query["org"] == ORG:
                self._say(200, {"orgs": [{"id": ORG_ID, "name": ORG}]})
            else:
                self._refuse(404, f'organization name "{query["org"]}" not found')
        elif path == "/api/v2/dbrps":
            self._say(200, {"content": [{"bucketID": query["db"], "virtual": True}]})
        elif self.command != "GET":
            self._change_bucket(path, json.loads(body or b"{}"))
        elif query["name"] in self.server.databases():
            self._say(200, {"buckets": [self._bucket(query["name"])]})
        else:
            self._refuse(404, f'bucket "{query["name"]}" not found')

    def _change_bucket(self, path: str, asked: dict[str, Any]) -> None:
        """A bucket's id is its name."""
        name = asked.get("name") or path.rsplit("/", 1)[1]
        if self.command == "DELETE":
            self.server.ask(f'DROP DATABASE "{name}"')
            return self._say(204)
        kept_s = sum(one["everySeconds"] for one in asked.get("retentionRules", []))
        is_new = self.command == "POST"
        (self.server.make if is_new else self.server.keep)(name, kept_s)
        return self._say(201 if is_new else 200, self._bucket(name))

    def _bucket(self, name: str) -> dict[str, Any]:
        (policies,) = self.server.ask(f'SHOW RETENTION POLICIES ON "{name}"')
        hours = int(re.match(r"(\d+)h|0s", policies["values"][0][1])[1] or 0)  # type: ignore[index]
        rules = [{"type": "expire", "everySeconds": 3600 * hours}]
        return {"id": name, "name": name, "orgID": ORG_ID, "retentionRules": rules}

    def _configure_3(self, path: str, query: dict[str, str], body: bytes) -> None:
        if path != "/api/v3/configure/database":
            return self._refuse(404, "not found")
        if self.command == "DELETE":
            self.server.ask(f'DROP DATABASE "{query["db"]}"')
            return self._say(200, {})
        asked = json.loads(body)
        if asked["db"] in self.server.databases():
            return self._refuse(409, "attempted to create a resource that already exists")
        self.server.make(asked["db"], int(asked.get("retention_period", "0s")[:-1]))
        return self._say(200, {})

    def _say(self, status: int, body: object = None) -> None:
        said = b"" if body is None else json.dumps(body).encode()
        self.send_response(status)
        self.send_header("X-Influxdb-Version", self.server.version)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(said)))
        self.end_headers()
        self.wfile.write(said)


def _is_line(line: bytes) -> bool:
    found = LINE.fullmatch(line)
    if found is None:
        return False
    return b"".join(one[0] for one in FIELD.findall(found["fields"])) != b"" and not re.search(
        rb"=(?:,|$)", found["fields"]
    )


@contextmanager
def in_front(version: str, stores: str) -> Iterator[InfluxTarget]:
    """A server of that version, with its token and organisation; its bucket is not made yet."""
    with Front(version, stores) as front:
        thread = threading.Thread(target=front.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        port = front.server_address[1]
        yield InfluxTarget(f"http://{HOST}:{port}", TOKEN, ORG, "jemput")
        front.shutdown()
        thread.join()
