"""What InfluxDB holds, asked over HTTP as anybody could."""

import json
import urllib.error
import urllib.parse
import urllib.request
from collections import Counter

from tests.servers import HOST, InfluxDb

DATABASE = "jemput"


def ask(influx: InfluxDb, query: str) -> list[list[object]]:
    """Rows of the first series of one statement; none where there are none. Raises `OSError`."""
    asked = urllib.parse.urlencode({"db": DATABASE, "q": query, "epoch": "ns"})
    url = f"http://{HOST}:{influx.port}/query?{asked}"
    with urllib.request.urlopen(url, timeout=5) as said:
        result = json.load(said)["results"][0]
    series = result.get("series", [])
    return series[0].get("values", []) if series else []


def write(influx: InfluxDb, line: bytes) -> None:
    """Write a point as anybody could."""
    url = f"http://{HOST}:{influx.port}/write?db={DATABASE}"
    urllib.request.urlopen(url, line, timeout=5).close()


def points_in(influx: InfluxDb) -> Counter[tuple[str, int, int | None]]:
    """Device, time and distance of every point; none while the server is away."""
    try:
        rows = ask(influx, 'SELECT "device", "distance_mm" FROM "reading"')
    except (OSError, KeyError):
        return Counter()
    return Counter((str(row[1]), int(str(row[0])), _whole(row[2])) for row in rows)


def _whole(value: object) -> int | None:
    return None if value is None else int(str(value))
