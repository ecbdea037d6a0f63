"""One client that asks the API over and over, and how long each answer took to its last byte."""

import http.client
import time
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field

from jemput.broker.ports import LOOPBACK

MS = 1000


@dataclass
class Took:
    """Milliseconds of every answer, and bytes of the last: as sent, and unpacked."""

    name: str
    ms: list[float] = field(default_factory=list)
    sent: int = 0
    unpacked: int = 0
    cpu_s: float = 0.0
    """Of the API's process, for all answers."""

    def percentile(self, percent: int) -> float:
        """So many per cent were answered at least as fast."""
        return sorted(self.ms)[min(len(self.ms) - 1, len(self.ms) * percent // 100)]

    def told(self) -> dict[str, float]:
        """As the report has it."""
        return {
            "answers": len(self.ms),
            "p50_ms": round(self.percentile(50), 1),
            "p99_ms": round(self.percentile(99), 1),
            "most_ms": round(max(self.ms), 1),
            "cpu_ms": round(self.cpu_s * MS / len(self.ms), 1),
            "sent_bytes": self.sent,
            "json_bytes": self.unpacked,
        }


class Asker:
    """A connection that is kept, as a browser or a program keeps it."""

    def __init__(self, port: int, key: str) -> None:
        """Connect to nothing yet."""
        self.port, self.key = port, key
        self._connection = http.client.HTTPConnection(LOOPBACK, port, timeout=60)
        self._headers = {"Authorization": f"Bearer {key}"}

    def ask(self, path: str, took: Took, *, packed: bool = True) -> bytes:
        """What is answered, unpacked. Raises `RuntimeError` for anything but 200."""
        headers = self._headers | ({"Accept-Encoding": "gzip"} if packed else {})
        began = time.perf_counter()
        self._connection.request("GET", path, headers=headers)
        answer = self._connection.getresponse()
        body = answer.read()
        took.ms.append((time.perf_counter() - began) * MS)
        if answer.status != http.client.OK:
            raise RuntimeError(f"{path}: {answer.status} {body[:300]!r}")
        took.sent = len(body)
        if answer.headers.get("Content-Encoding") == "gzip":
            body = zlib.decompress(body, wbits=31)
        took.unpacked = len(body)
        return body

    def snapshot(self, took: Took) -> None:
        """Listen until the whole town was told; another connection, as it is never done."""
        listening = http.client.HTTPConnection(LOOPBACK, self.port, timeout=60)
        headers = self._headers | {"Accept-Encoding": "gzip"}
        began = time.perf_counter()
        listening.request("GET", "/v1/events", headers=headers)
        answer = listening.getresponse()
        unpack = zlib.decompressobj(wbits=31)
        is_packed = answer.headers.get("Content-Encoding") == "gzip"
        took.sent, told = 0, b""
        while not (b"event: snapshot" in told and told.endswith(b"\n\n")):
            part = answer.read1()
            took.sent += len(part)
            told += unpack.decompress(part) if is_packed else part
        took.ms.append((time.perf_counter() - began) * MS)
        took.unpacked = len(told)
        listening.close()


def repeat(times: int, pause_s: float, ask: Callable[[], object]) -> None:
    """Ask so often, with a pause in between, as people and programs make."""
    for _ in range(times):
        time.sleep(pause_s)
        ask()
